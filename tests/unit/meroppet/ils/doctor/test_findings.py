"""What makes a register safe is that right and wrong PINs were both seen, and that nothing speaks against it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.doctor.findings import Check, Diagnosis, Finding, Judged
from meroppet.ils.doctor.subject import Subject, another_pin

RIGHT = Finding(Check.RIGHT_PIN, Judged.GOOD, "right_pin")
WRONG = Finding(Check.WRONG_PIN, Judged.GOOD, "wrong_pin_refused")


@pytest.mark.parametrize("judged", Judged)
def test_one_thing_that_is_unsafe_or_failed_is_enough_against_it(judged: Judged) -> None:
    other = Finding(Check.ENCRYPTION, judged, "plain_text")

    assert Diagnosis((RIGHT, WRONG, other)).is_safe is (judged not in (Judged.UNSAFE, Judged.FAILED))


@pytest.mark.parametrize("findings", [(), (RIGHT,), (WRONG,)])
def test_what_was_not_seen_is_not_safe(findings: tuple[Finding, ...]) -> None:
    assert not Diagnosis(findings).is_safe


@given(st.text(min_size=1, max_size=12))
def test_another_pin_is_another_one_of_the_same_length(pin: str) -> None:
    other = another_pin(pin)

    assert len(other) == len(pin)
    assert other != pin


def test_the_test_patron_is_in_no_representation() -> None:
    subject = Subject(card="2000000001", pin="1234", name="Åsa", blocked_card="2000000002")

    assert not any(secret in repr(subject) for secret in ("2000000001", "1234", "Åsa", "2000000002"))
