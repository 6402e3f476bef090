"""What a PIN is checked by when the register is not asked."""

import pytest

from meroppet.rules.credentials import Pin
from meroppet.wire.pin_verifier import SALT_BYTES, pin_agrees, pin_verifier

KEY, SUBJECT, SALT = b"k" * 32, "ab" * 16, b"s" * SALT_BYTES


def test_only_the_right_pin_for_the_right_card_under_the_right_key_agrees() -> None:
    made = pin_verifier(KEY, SUBJECT, Pin("4711"), SALT)

    assert pin_agrees(KEY, SUBJECT, Pin("4711"), made)
    assert not pin_agrees(KEY, SUBJECT, Pin("4712"), made)
    assert not pin_agrees(KEY, "cd" * 16, Pin("4711"), made)
    assert not pin_agrees(b"x" * 32, SUBJECT, Pin("4711"), made)


def test_the_same_pin_looks_another_way_with_another_salt() -> None:
    other = pin_verifier(KEY, SUBJECT, Pin("4711"), b"t" * SALT_BYTES)

    assert pin_verifier(KEY, SUBJECT, Pin("4711"), SALT)[SALT_BYTES:] != other[SALT_BYTES:]


@pytest.mark.parametrize("spoilt", [b"", b"short", b"s" * 47, b"s" * 49])
def test_what_is_no_verifier_agrees_with_no_pin(spoilt: bytes) -> None:
    assert not pin_agrees(KEY, SUBJECT, Pin("4711"), spoilt)


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        pin_verifier(KEY, SUBJECT, Pin("4711"), b"short")
