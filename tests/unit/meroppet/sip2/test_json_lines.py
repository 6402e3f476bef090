"""`python -m meroppet.sip2`: messages as JSON for everybody, back again without loss, and never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.sip2.json_lines import converted, decoded, encoded
from meroppet.sip2.messages import MESSAGES

GOLDEN = Path(__file__).parents[3] / "golden" / "sip2" / "vectors.jsonl"
VECTORS: list[dict[str, Any]] = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
WHOLE = "24              00620261121    223438AOHUS|AA1|AEÅsa|BLY|AY3AZF0EB"
HEADER = {"patron_status": " " * 14, "language": "006", "transaction_date": "20261121    223438"}


def _asked(vector: dict[str, Any]) -> dict[str, str]:
    return {"raw": vector["raw"], "encoding": vector["encoding"]}


def test_a_message_is_told_by_the_names_of_its_parts() -> None:
    assert decoded({"raw": WHOLE, "encoding": "utf-8"}) == {
        "code": "24",
        "name": "Patron Status Response",
        "fixed": HEADER,
        "fields": [["AO", "HUS"], ["AA", "1"], ["AE", "Åsa"], ["BL", "Y"]],
        "checksum": "valid",
        "sequence": 3,
        "encoding": "utf-8",
    }


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["meaning"])
def test_a_collected_message_is_told_as_it_was_meant_and_comes_back(vector: dict[str, Any]) -> None:
    told = decoded(_asked(vector))

    assert encoded(told) == _asked(vector)
    if vector["name"] == "unknown":
        return
    notes = told.get("notes", [])
    assert (told["code"], told["name"], told["checksum"]) == (vector["code"], vector["name"], vector["checksum"])
    assert told["sequence"] == (int(vector["seq"]) if vector.get("seq") else None)
    assert [identifier for identifier, _ in told["fields"]] == vector["field_ids"]
    assert ("short_header" not in notes) == vector["fixed_ok"]
    assert ("no_last_delimiter" not in notes) == vector["last_delimiter"]


def test_what_is_written_in_our_own_form_carries_nothing_along() -> None:
    assert "raw" not in decoded({"raw": WHOLE, "encoding": "utf-8"})
    assert "raw" in decoded({"raw": WHOLE.replace("F0EB", "f0eb"), "encoding": "utf-8"})


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        ("36Y20161021    142637AO3|AF", "no_last_delimiter"),
        ("36Y20161021    142637AO3||AF|", "empty_field"),
        ("36Y20161021    142637AO3|BEleona|rdr@|", "stray_delimiter"),
        ("36Y20161021    142637AO3|AEA\u030asa|", "decomposed_text"),
        ("36Y20161021    142637AO3|", "missing_fields"),
        ("64              001", "short_header"),
        ("71ZZ1|", "unknown_message"),
        ("00unsupported", "unknown_message"),
    ],
)
def test_what_is_odd_about_a_line_is_told(raw: str, note: str) -> None:
    told = decoded({"raw": raw, "encoding": "utf-8"})

    assert note in told["notes"]
    assert encoded(told) == {"raw": raw, "encoding": "utf-8"}


@pytest.mark.parametrize(
    "raw",
    [
        "941AY1AZfdfc",
        "941|AY1AZFDFC",
        "941AY1AZ0000",
        "941AZXYZ",
        "941\r",
        "\n941AY1AZFDFC",
        " \0941",
        "97AY1AZFE2B",
        "64Y                201610050000114734                        AOnypl ^AA240^BLN^AFUnknown.^AY1AZC9DE",
        "no message",
    ],
)
def test_whatever_stood_on_the_wire_comes_back(raw: str) -> None:
    asked = {"raw": raw, "encoding": "ascii"}

    assert encoded(decoded(asked)) == asked


def test_another_delimiter_is_found_where_there_is_no_bar() -> None:
    told = decoded({"raw": "36Y20161021    142637AO3^AA1^AFso so.^", "encoding": "ascii"})

    assert (told["delimiter"], told["fields"]) == ("^", [["AO", "3"], ["AA", "1"], ["AF", "so so."]])


@pytest.mark.parametrize("named", ["^", "|"])
def test_a_named_delimiter_is_believed(named: str) -> None:
    told = decoded({"raw": "36Y20161021    142637AO3^AA1^", "encoding": "ascii", "delimiter": named})

    assert len(told["fields"]) == (2 if named == "^" else 1)
    assert decoded(encoded(told)) == told


def test_a_changed_object_is_written_anew() -> None:
    told = decoded({"raw": "941AY1AZ0000", "encoding": "ascii"})

    assert (told["checksum"], told["raw"]) == ("invalid", "941AY1AZ0000")
    assert encoded(told | {"sequence": 3}) == {"raw": "941AY3AZFDFA", "encoding": "ascii"}


def test_a_code_alone_is_a_whole_message() -> None:
    assert encoded({"code": "97"}) == {"raw": "97AZFEF5", "encoding": "utf-8"}
    assert encoded({"code": "36", "checksum": "absent"}) == {"raw": "36" + " " * 19, "encoding": "utf-8"}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"encoding": "ascii"}, "missing"),
        ({"raw": 7}, "missing"),
        ({"raw": "941", "encoding": "klingon"}, "unknown_encoding"),
        ({"raw": "941", "encoding": "utf-16"}, "unknown_encoding"),
        ({"raw": "941", "encoding": "rot13"}, "unknown_encoding"),
        ({"raw": "941", "encoding": "a\0b"}, "unknown_encoding"),
        ({"raw": "941", "encoding": None}, "unknown_encoding"),
        ({"raw": "94Å", "encoding": "ascii"}, "not_in_encoding"),
        ({"raw": "94\ud800"}, "not_in_encoding"),
        ({"raw": ""}, "malformed"),
        ({"raw": "hej"}, "malformed"),
        ({"raw": "²4"}, "malformed"),
        ({"raw": "941\r941"}, "several_messages"),
        ({"raw": "64" + "x" * 70_000}, "too_long"),
        ({"raw": "941", "delimiter": "||"}, "bad_value"),
        ({"raw": "941", "delimiter": 1}, "bad_value"),
    ],
    ids=str,
)
def test_what_cannot_be_decoded_is_told_by_its_kind(line: dict[str, Any], kind: str) -> None:
    told = decoded(line)

    assert (told["error"], bool(told["detail"])) == (kind, True)


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        ({}, "missing"),
        ({"code": 94}, "missing"),
        ({"code": "9"}, "bad_value"),
        ({"code": "94", "fixed": ["ok"]}, "bad_value"),
        ({"code": "94", "fixed": {"okay": "1"}}, "bad_value"),
        ({"code": "94", "fixed": {"ok": "11"}}, "bad_value"),
        ({"code": "94", "fixed": {"ok": "Å"}}, "bad_value"),
        ({"code": "94", "fields": {"AO": "x"}}, "bad_value"),
        ({"code": "94", "fields": [["AO"]]}, "bad_value"),
        ({"code": "94", "fields": [["AO", "a|b"]]}, "bad_value"),
        ({"code": "94", "fields": [["AO", "a\rb"]]}, "bad_value"),
        ({"code": "94", "fields": [["AO", "Ł"]], "encoding": "cp850"}, "not_in_encoding"),
        ({"code": "94", "fields": [["AO", "\ud800"]]}, "not_in_encoding"),
        ({"code": "94", "sequence": 10}, "bad_value"),
        ({"code": "94", "sequence": True}, "bad_value"),
        ({"code": "94", "checksum": "FFFF"}, "bad_value"),
        ({"code": "94", "encoding": "klingon"}, "unknown_encoding"),
        ({"error": "malformed", "detail": "…"}, "missing"),
    ],
    ids=str,
)
def test_what_cannot_be_encoded_is_told_by_its_kind(thing: dict[str, Any], kind: str) -> None:
    assert encoded(thing)["error"] == kind


def test_a_misspelt_fixed_field_is_answered_with_the_right_one() -> None:
    assert "online" in encoded({"code": "98", "fixed": {"on_line": "Y"}})["detail"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_CODES = st.sampled_from([*MESSAGES, "00", "71"])
_RAW = st.text(max_size=60) | st.builds(lambda code, rest: code + rest, _CODES, st.text(max_size=90))
_ENCODINGS = st.sampled_from(["ascii", "utf-8", "cp850", "latin-1", "shift_jis", "idna", "utf-7", "?"])


@given(_RAW, _ENCODINGS, st.sampled_from([{}, {"delimiter": "^"}, {"delimiter": "AB"}]))
def test_encode_gives_back_whatever_decode_was_given(raw: str, encoding: str, named: dict[str, str]) -> None:
    told = decoded({"raw": raw, "encoding": encoding, **named})
    back = encoded(json.loads(json.dumps(told)))

    if told.get("error") == "unknown_encoding":
        assert back["error"] == "missing"
    else:
        assert (back["raw"], back["encoding"]) == (raw, encoding)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "code": _CODES | _JSON, "fixed": _JSON, "fields": _JSON | st.lists(st.tuples(st.text(), st.text())),
            "sequence": _JSON, "checksum": _JSON, "encoding": _ENCODINGS | _JSON,
            "delimiter": _JSON, "raw": _RAW | _JSON,
        },
    )
)  # fmt: skip
def test_any_object_gets_an_answer(thing: dict[str, Any]) -> None:
    assert {"error", "raw"} & set(encoded(thing))
    assert {"error", "code"} & set(decoded(thing))


@given(st.binary(max_size=80))
def test_any_line_of_bytes_gets_a_line_of_json(line: bytes) -> None:
    for change in (decoded, encoded):
        assert isinstance(json.loads(converted(line, change)), dict)


def _run(*arguments: str, given_lines: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "meroppet.sip2", *arguments]
    return subprocess.run(command, input=given_lines, capture_output=True, check=False, timeout=60)


def test_the_command_answers_every_line_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    asked = [_asked(vector) for vector in VECTORS]
    file.write_text("\ufeff" + "\n\n".join(json.dumps(line) for line in asked), encoding="utf-8")

    there = _run("decode", str(file))
    back = _run("encode", "-", given_lines=there.stdout)

    assert (there.returncode, there.stderr) == (0, b"")
    assert [json.loads(line) for line in back.stdout.splitlines()] == asked


def test_the_command_never_shows_a_traceback(tmp_path: Path) -> None:
    lines = [
        b"{",
        b'"x"',
        b"\xff",
        b'{"raw": 1}',
        b"[" * 100_000,
        b'{"raw": "' + b"1" * 9 + b'"}',
        b"9" * 9_000,
        b"null",
        b'{"raw": "99", "delimiter": NaN}',
        b'{"raw": "990802.00\\\\u12", "encoding": "raw_unicode_escape"}',
    ]

    done = _run("decode", "-", given_lines=b"\n".join(lines))
    missing = _run("decode", str(tmp_path / "none"))

    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line).get("error") for line in done.stdout.splitlines()] == [
        "not_json", "not_json", "not_json", "missing", "not_json", None, "not_json", "not_json", "not_json", None,
    ]  # fmt: skip
    assert missing.returncode == 1
    assert missing.stderr.count(b"\n") == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", ">/dev/full", "2>&- >/dev/full"])
def test_a_command_without_its_streams_ends_without_a_traceback(closed: str) -> None:
    command = f"{sys.executable} -m meroppet.sip2 decode - {closed}"

    # Buffered, as it is for everybody: only then is there something left to write when Python ends.
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["sh", "-c", command],
        input=b'{"raw": "941"}\n',
        env=surroundings,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("key", ["delimiter", "sequence", "checksum", "encoding", "fields", "fixed"])
def test_what_is_nested_as_deep_as_can_be_read_is_answered_too(key: str) -> None:
    for depth in range(900, 1000):
        line = f'{{"raw": "99", "code": "99", "{key}": {"[" * depth}{"]" * depth}}}'.encode()

        assert b'"error"' in converted(line, decoded) + converted(line, encoded)


@pytest.mark.parametrize("value", ["\\u12", "\\N"])
def test_an_encoding_that_does_not_read_what_it_writes_is_told(value: str) -> None:
    told = encoded({"code": "99", "fields": [["AB", value]], "encoding": "raw_unicode_escape"})

    assert told.get("error", "not_in_encoding") == "not_in_encoding"


def test_a_reader_that_has_had_enough_is_no_fault() -> None:
    lines = b'{"raw": "941"}\n' * 20_000
    command = f"{sys.executable} -m meroppet.sip2 decode - | head -n 1"

    done = subprocess.run(["sh", "-c", command], input=lines, capture_output=True, check=False, timeout=60)

    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1
