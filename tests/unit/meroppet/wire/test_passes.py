"""Passes on their way to devices."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from meroppet.rules.intervals import Window
from meroppet.rules.passes import Pass, PassKind
from meroppet.wire.access import PassDocument
from meroppet.wire.digests import code_digest, subject_digest
from meroppet.wire.passes import pass_from_wire, pass_to_wire

HELD = Pass(
    id="p1",
    kind=PassKind.CLEANER,
    windows=((Window(300, 420), Window(1320, 1560)),) + ((),) * 6,
    valid_from=datetime(2026, 11, 1, tzinfo=UTC),
    valid_until=datetime(2027, 1, 1, tzinfo=UTC),
    verifier=b"\x01" * 48,
)


@pytest.mark.parametrize("held", [HELD, replace(HELD, verifier=None, once=True), Pass(id="p", kind=PassKind.VISITOR)])
def test_a_pass_comes_out_as_it_went_in(held: Pass) -> None:
    assert pass_from_wire(PassDocument.model_validate_json(pass_to_wire(held).model_dump_json())) == held


@pytest.mark.parametrize(
    "spoilt",
    [
        {"id": "p", "kind": "burglar"},
        {"id": "p", "kind": "visitor", "always": True},
        {"id": "p", "kind": "guard", "verifier": "zz"},
        {"id": "p", "kind": "guard", "only_with_staff": True},
        {"id": "p", "kind": "guard", "valid_until": "2026-01-01T00:00:00"},
        {"id": "p", "kind": "guard", "windows": {"monday": ["05:00-07:00", "06:00-08:00"]}},
    ],
)
def test_a_pass_that_cannot_be_meant_is_none(spoilt: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        pass_from_wire(PassDocument.model_validate(spoilt))


def test_a_card_with_the_digits_of_a_code_is_not_the_code() -> None:
    assert code_digest(b"k" * 32, "12345678") != subject_digest(b"k" * 32, "12345678")
