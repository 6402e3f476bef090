"""What outlives a power cut beside the journal: the newest words, whole or not at all."""

import logging
from pathlib import Path

import pytest

from door_controller.kept import FILE, Kept


def files_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_what_was_kept_is_read_by_the_next_process(tmp_path: Path) -> None:
    kept = Kept(tmp_path)

    kept.keep("fire", "on")
    kept.keep("alarm.forced", "raised")

    assert kept.word("fire") == "on"
    assert await kept.settled()
    assert [Kept(tmp_path).word(name) for name in ("fire", "alarm.forced", "other")] == ["on", "raised", ""]


async def test_of_words_in_a_row_the_last_is_kept_and_an_empty_one_takes_it_away(tmp_path: Path) -> None:
    kept = Kept(tmp_path)

    for number in range(20):
        kept.keep("number", str(number))
    await kept.settled()
    kept.keep("number", "20")
    kept.keep("fire", "on")
    kept.keep("fire", "")
    await kept.settled()

    assert [Kept(tmp_path).word(name) for name in ("number", "fire")] == ["20", ""]
    assert files_in(tmp_path) == [FILE]


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"{", b"\xff", b'{"fire": true}'])
def test_a_spoilt_file_says_nothing(spoilt: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(spoilt)

    assert Kept(tmp_path).word("fire") == ""


async def test_a_disk_that_takes_nothing_is_told_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(tmp_path / "gone")

    with caplog.at_level(logging.ERROR):
        kept.keep("fire", "on")
        assert not await kept.settled()

    assert "not stored" in caplog.text
    assert kept.word("fire") == "on"
