"""Bytes of a scanner made into scans, however they were cut on the way."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ports import TEXT_CAP, BarcodeScanned
from hardware.serial.frames import ScanFrames

codes = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=40)


@settings(deadline=None)
@given(st.lists(codes, max_size=5), st.sampled_from(["\r", "\n", "\r\n"]), st.data())
def test_scans_come_whole_and_in_order_however_the_line_cuts_them(
    texts: list[str], end: str, data: st.DataObject
) -> None:
    line = "".join(text + end for text in texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(line)), max_size=8)))
    frames = ScanFrames()

    pieces = [line[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(line)], strict=True)]
    scans = [scan for piece in pieces for scan in frames.feed(piece)]

    assert scans == [BarcodeScanned(text) for text in texts]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=3000), max_size=10))
def test_arbitrary_bytes_never_raise_nor_pass_the_cap(pieces: list[bytes]) -> None:
    frames = ScanFrames()

    for piece in pieces:
        for scan in frames.feed(piece):
            assert 0 < len(scan.text) <= TEXT_CAP
            assert "\r" not in scan.text


def test_a_scanner_gone_mad_does_not_fill_the_memory() -> None:
    frames = ScanFrames()

    for _ in range(100):
        assert frames.feed(b"7" * 10_000) == []

    assert len(frames._unfinished) < 5000
    assert frames.feed(b"\r") == [BarcodeScanned("7" * TEXT_CAP, complete=False)]


def test_a_pause_drops_the_fragment_and_nothing_else() -> None:
    frames = ScanFrames()

    first = frames.feed(b"123\r45")
    frames.pause()

    assert first == [BarcodeScanned("123")]
    assert frames.feed(b"67\r") == [BarcodeScanned("67")]
