"""What a device pushed is understood row by row; nothing in a row can hold up the others."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.journal.reading import NotUnderstood, Understood, push_in

GOOD: dict[str, Any] = {
    "seq": 1,
    "wall": "2026-11-23T11:00:00+00:00",
    "monotonic": 12.5,
    "boot": "b1",
    "clock": "ntp",
    "kind": "access.refused",
    "subject": "0" * 32,
    "detail": {"attempt": "a1", "reason": "wrong_pin", "checked": "ils"},
}


def pushed(*rows: object) -> bytes:
    return json.dumps({"epoch": "e1", "rows": rows}).encode()


def read(row: dict[str, Any]) -> Understood | NotUnderstood:
    push = push_in(pushed(row))
    assert push is not None
    return push.rows[row["seq"]]


def test_a_good_row_is_understood() -> None:
    assert isinstance(read(GOOD), Understood)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "door.sang"}, "kind"),
        ({"kind": None}, "kind"),
        ({"wall": "yesterday"}, "wall"),
        ({"wall": "2026-11-23T11:00:00"}, "wall"),
        ({"monotonic": float("nan")}, "monotonic"),
        ({"clock": "sundial"}, "clock"),
        ({"boot": "b\0"}, "boot"),
        ({"subject": "Astrid"}, "subject"),
        ({"detail": {"attempt": "a1"}}, "reason"),
        ({"detail": {"attempt": {"deep": 1}, "reason": "x"}}, "detail"),
        ({"detail": {"attempt": "\0", "reason": "x"}}, "NUL"),
        ({"surplus": 1}, "surplus"),
        ({"boot": "\ud800"}, "boot"),
    ],
)
def test_a_row_that_is_wrong_is_kept_aside_with_the_reason_and_as_it_came(change: dict[str, Any], why: str) -> None:
    row = read({**GOOD, **change})

    assert isinstance(row, NotUnderstood)
    assert why in row.why
    assert "\0" not in row.raw
    assert json.loads(row.raw)["seq"] == 1


def test_what_a_newer_device_tells_beyond_this_server_is_kept() -> None:
    row = read({**GOOD, "detail": {**GOOD["detail"], "battery": 12}})

    assert isinstance(row, Understood)
    assert row.row.detail["battery"] == 12


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"epoch": "e1"}',
        b'{"epoch": "../e", "rows": []}',
        b'{"epoch": "e1", "rows": [{}]}',
        pushed({**GOOD, "seq": 0}),
        pushed({**GOOD, "seq": True}),
        pushed({**GOOD, "seq": 2**63}),
        pushed(*({**GOOD, "seq": seq} for seq in range(1, 102))),
    ],
)
def test_what_cannot_be_numbered_is_no_push(body: bytes) -> None:
    assert push_in(body) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "other"]), json_values))
def test_no_row_raises(change: dict[str, Any]) -> None:
    row = read({**GOOD, **change, "seq": 7})

    assert row.seq == 7


@given(st.binary(max_size=200))
def test_no_body_raises(body: bytes) -> None:
    push_in(body)
