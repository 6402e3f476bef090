"""What was said to and by a Koha 19.05 (community release, recorded once), by the name of each case.

Requests and responses are raw bytes, written one character a byte. `closed` and `timeout` tell of answers that did not
come.
"""

import json
from pathlib import Path
from typing import Any

from meroppet.ils.profiles import KOHA
from meroppet.sip2.codec import LineCutter, decode
from meroppet.sip2.messages import RawMessage

RECORDS: dict[str, dict[str, Any]] = {
    record["case"]: record
    for record in map(
        json.loads, (Path(__file__).parent / "sip2.jsonl").read_text(encoding="utf-8").splitlines()
    )
}  # fmt: skip


def request_bytes(case: str) -> bytes:
    """What was sent, terminator included."""
    return str(RECORDS[case]["request"]).encode("latin-1")


def response_bytes(case: str) -> bytes:
    """What came back, terminator included; empty where nothing did."""
    return str(RECORDS[case]["response"] or "").encode("latin-1")


def request(case: str) -> RawMessage:
    """The request as the codec reads it."""
    return _decoded(request_bytes(case))


def response(case: str) -> RawMessage:
    """The answer as the codec reads it."""
    return _decoded(response_bytes(case))


def _decoded(raw: bytes) -> RawMessage:
    (line,) = LineCutter().feed(raw)
    return decode(line, KOHA.wire.coding)


def cases(*starts: str) -> list[str]:
    """The names of the cases that begin with one of these, in the order of the recording."""
    return [case for case in RECORDS if case.startswith(starts)]


def answered(code: str) -> list[str]:
    """The names of the cases whose answer is this message."""
    return [case for case in RECORDS if response_bytes(case).startswith(code.encode())]
