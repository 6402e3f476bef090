"""Bytes to messages and back: what was sent by real systems is read, and nothing but our own errors comes out."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.sip2.codec import MAX_LINE, LineCutter, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2EncodingError, SIP2Error, SIP2MalformedError, SIP2TooLongError
from meroppet.sip2.messages import MESSAGES, RESPONSE_TO, Checksum, Direction, RawMessage, build

GOLDEN = Path(__file__).parents[3] / "golden"
VECTORS = [json.loads(line) for line in (GOLDEN / "sip2" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()]
KOHA = [json.loads(line) for line in (GOLDEN / "koha" / "sip2.jsonl").read_text(encoding="utf-8").splitlines()]
KNOWN = [vector for vector in VECTORS if vector["code"] in MESSAGES]


def test_all_31_messages_of_the_standard_are_known() -> None:
    assert len(MESSAGES) == 31
    assert all(MESSAGES[answer].direction is Direction.RESPONSE for answer in RESPONSE_TO.values())


@pytest.mark.parametrize("vector", KNOWN, ids=lambda vector: vector["meaning"])
def test_a_collected_message_is_read_as_it_was_meant(vector: dict[str, object]) -> None:
    coding = str(vector["encoding"])

    message = decode(str(vector["raw"]).encode(coding), TextCoding(coding))

    assert message.code == vector["code"]
    assert message.checksum == vector["checksum"]
    assert message.sequence == (int(str(vector["seq"])) if vector.get("seq") is not None else None)
    assert [identifier for identifier, _ in message.fields] == vector["field_ids"]
    assert message.has_whole_header == vector["fixed_ok"]


@pytest.mark.parametrize("vector", [v for v in KNOWN if v["checksum"] == "valid"], ids=lambda v: v["meaning"])
def test_a_collected_message_is_written_byte_for_byte(vector: dict[str, str]) -> None:
    coding = TextCoding(vector["encoding"])
    raw = vector["raw"].encode(vector["encoding"])

    message = decode(raw, coding)

    assert encode(message, coding, sequence=message.sequence, terminator=b"") == raw


@pytest.mark.parametrize("record", [r for r in KOHA if r.get("response")], ids=lambda r: r["case"])
def test_every_recorded_koha_answer_is_read(record: dict[str, str]) -> None:
    lines = LineCutter().feed(record["response"].encode("latin-1"))

    messages = [decode(line, TextCoding("utf-8", "latin-1")) for line in lines]

    assert all(message.spec.direction is Direction.RESPONSE for message in messages)
    assert all(message.has_whole_header for message in messages)


@pytest.mark.parametrize(
    ("line", "verdict", "sequence"),
    [
        (b"941AY3AZFDFA", Checksum.VALID, 3),
        (b"941AY3AZfdfa", Checksum.VALID, 3),
        (b"941|AY3AZFD7E", Checksum.VALID, 3),
        (b"941AY3AZFDFA|", Checksum.VALID, 3),
        (b"941AY0AZ0000", Checksum.INVALID, 0),
        (b"941AY8AZXYZW", Checksum.INVALID, 8),
        (b"96AZFEF6", Checksum.VALID, None),
        (b"97AZFEF5", Checksum.VALID, None),
        (b"941AZFE6F", Checksum.INVALID, None),
        (b"941", Checksum.ABSENT, None),
        (b"17" + b" " * 18 + b"ABx|AJEn resa till BRAZ", Checksum.ABSENT, None),
    ],
)
def test_the_trailer_is_verified_in_every_shape_it_was_seen_in(
    line: bytes, verdict: Checksum, sequence: int | None
) -> None:
    message = decode(line)

    assert (message.checksum, message.sequence) == (verdict, sequence)


@pytest.mark.parametrize(
    ("line", "delimiter", "verdict"),
    [
        (b"941^AY3AZFD9C", "^", Checksum.VALID),
        (b"941AY3AZFDFA^", "^", Checksum.VALID),
        (b"36Y" + b" " * 18 + b"AFx|AY3AZ0000|", "|", Checksum.INVALID),
        (b"36Y" + b" " * 18 + b"AFxAY3AZ0000|", "|", Checksum.ABSENT),
        (b"36Y" + b" " * 18 + b"AFxAY3AZ0000", "|", Checksum.INVALID),
    ],
)
def test_what_looks_like_a_trailer_inside_a_field_is_a_value(line: bytes, delimiter: str, verdict: Checksum) -> None:
    assert decode(line, delimiter=delimiter).checksum is verdict


def test_a_checksum_over_characters_is_valid_only_where_it_is_asked_for() -> None:
    body = "64" + " " * 59 + "AEÅsa|AY1AZ"
    line = f"{body}{-sum(map(ord, body)) & 0xFFFF:04X}".encode()

    assert decode(line).checksum is Checksum.INVALID
    assert decode(line, code_point_sum=True).checksum is Checksum.VALID
    assert decode(line.replace(b"AE", b"AF"), code_point_sum=True).checksum is Checksum.INVALID


@pytest.mark.parametrize("charset", ["klingon", "utf-16", "rot13", "base64", "idna", "utf-7", "utf-8-sig", "cp037", ""])
def test_an_encoding_in_which_ascii_is_not_ascii_is_refused_with_others_to_try(charset: str) -> None:
    with pytest.raises(SIP2EncodingError, match="utf-8"):
        TextCoding(charset)
    with pytest.raises(SIP2EncodingError, match="utf-8"):
        TextCoding("utf-8", charset)


def test_a_forbidden_character_in_a_fixed_field_moves_nothing() -> None:
    message = RawMessage("36", "Y2026|121    22\r438", (("AO", "HUS"),))

    assert encode(message, error_detection=False) == b"36Y2026 121    22 438AOHUS|\r"


def test_an_unescaped_delimiter_stays_in_the_value_it_stands_in() -> None:
    message = decode(b"36Y" + b" " * 18 + b"AO1|BEleona|rdr@|bar.com|AF|")

    assert message.fields == (("AO", "1"), ("BE", "leona|rdr@|bar.com"), ("AF", ""))


def test_duplicates_and_unknown_fields_keep_their_order() -> None:
    message = decode(b"36Y" + b" " * 18 + b"AFone|ZZ9|AFtwo|")

    assert message.fields == (("AF", "one"), ("ZZ", "9"), ("AF", "two"))
    assert (message.first("AF"), message.all("AF"), message.first("AA")) == ("one", ("one", "two"), None)


@pytest.mark.parametrize("raw", ["Åsa Öberg".encode(), "Åsa Öberg".encode("cp850")])
def test_text_is_read_strictly_then_in_the_fallback_and_always_composed(raw: bytes) -> None:
    assert TextCoding("utf-8", "cp850").read(raw) == "Åsa Öberg"
    assert TextCoding("utf-8").read(unicodedata.normalize("NFD", "Åsa").encode()) == "Åsa"
    assert TextCoding("ascii", None).read("Åsa".encode("latin-1")) == "\ufffdsa"


def test_sending_never_fails_over_a_letter_the_encoding_lacks() -> None:
    assert TextCoding("ascii").write("Łódź – Åsa ☃") == b"Lodz - Asa ?"
    assert TextCoding("ascii", transliterates=False).write("Łódź – Åsa") == b"??d? ? ?sa"
    assert TextCoding("cp850").write("Åsa – Ł") == b"\x8fsa - L"


def test_nothing_in_a_value_can_end_a_field_or_a_message() -> None:
    message = build("63", {}, [("AA", "1\r|AD\n\x00x")])

    assert encode(message, error_detection=False).count(b"|") == 1
    assert encode(message, error_detection=False).endswith(b"AA1ADx|\r")


def test_secrets_are_masked_in_what_a_log_would_show() -> None:
    message = build("63", {}, [("AO", "HUS"), ("AA", "2000000001"), ("AD", "1234"), ("PB", "19800101"), ("AB", "30")])

    assert "HUS" in repr(message)
    assert not any(secret in repr(message) for secret in ("2000000001", "1234", "19800101"))


@pytest.mark.parametrize(
    "line",
    [
        b"71AA2000000001",
        b"71AA2000000001|AD1234|",
        b"64AA2000000001|AEAnna|AD1234|",
        b"64              00620261121    223438AOHUS|AA2000000001|AD1234|AEAnna|",
        b"3720261121    223438AA2000000001|AD1234|AEAnna|",
        b"36Y20261121    223438AOHUS|AFHej Anna|AGAnna|ASAnna|ZZ1234|2000000001|",
        b"36Y20261121    223438AnnaAA2000000001|AD1234",
    ],
)
def test_a_header_that_is_out_of_place_shows_nothing_of_the_person_either(line: bytes) -> None:
    shown = repr(decode(line))

    assert not any(secret in shown for secret in ("2000000001", "00000", "1234", "Anna"))


def test_text_in_no_known_encoding_is_marked_as_such() -> None:
    line = b"36Y20261121    223438AOHUS|AF\xff\xfe|"

    assert decode(line, TextCoding("utf-8", None)).has_replacements
    assert not decode(line, TextCoding("utf-8", "latin-1")).has_replacements


def test_a_line_beyond_the_cap_is_refused_finished_or_not() -> None:
    with pytest.raises(SIP2TooLongError):
        LineCutter().feed(b"64" + b"x" * MAX_LINE)
    with pytest.raises(SIP2TooLongError):
        LineCutter().feed(b"64" + b"x" * MAX_LINE + b"\r")


@pytest.mark.parametrize("line", [b"", b"6", b"hej", b"\x00\x00", b"  ", b"Y1"])
def test_a_line_without_a_message_code_is_malformed(line: bytes) -> None:
    with pytest.raises(SIP2MalformedError):
        decode(line)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_our_own_error(data: bytes) -> None:
    for line in LineCutter().feed(data + b"\r"):
        try:
            repr(decode(line, TextCoding("ascii", None)))
        except SIP2Error:
            continue


@given(st.sampled_from(sorted(MESSAGES)), st.binary(max_size=200))
def test_arbitrary_bytes_after_a_real_code_raise_nothing(code: str, data: bytes) -> None:
    line = code.encode() + data.replace(b"\r", b"").replace(b"\n", b"")

    assert decode(line).code == code


_ID = st.from_regex(r"\A[A-Z][A-Z0-9]\Z").filter(lambda text: text not in ("AY", "AZ"))
_VALUE = st.text(st.characters(exclude_characters="|\r\n\x00", exclude_categories=["Cs"]), max_size=20).map(
    lambda text: unicodedata.normalize("NFC", text)
)


@given(
    st.sampled_from(sorted(MESSAGES)), st.lists(st.tuples(_ID, _VALUE), max_size=8), st.integers(0, 9), st.booleans()
)
def test_what_is_encoded_is_decoded_to_the_same(
    code: str, fields: list[tuple[str, str]], sequence: int, detected: bool
) -> None:
    sent = build(code, {}, fields)

    got = decode(encode(sent, sequence=sequence, error_detection=detected, terminator=b""))

    expected = (code, sent.fixed, sent.fields) if fields or detected else (code, sent.fixed, ())
    assert (got.code, got.fixed, got.fields) == expected
    assert got.checksum is (Checksum.VALID if detected else Checksum.ABSENT)


@given(st.lists(st.sampled_from([b"941", b"96AZFEF6", b"36Y", b"\r", b"\n", b"\r\n", b" ", b"x"])), st.data())
def test_any_split_of_a_stream_gives_the_same_lines(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    whole = LineCutter()
    cut = LineCutter()

    at_once = whole.feed(stream)
    bit_by_bit = [
        line
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for line in cut.feed(stream[start:end])
    ]

    assert bit_by_bit == at_once
    assert cut.unfinished == whole.unfinished


def test_a_message_that_is_not_in_the_table_is_kept_whole() -> None:
    assert decode(b"71ZZ1|YY2|") == RawMessage("71", "", (("ZZ", "1"), ("YY", "2")))
    assert decode(b"00hello") == RawMessage("00", "hello")
