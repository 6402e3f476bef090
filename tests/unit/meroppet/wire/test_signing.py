from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.wire.signing import signed_bytes

PARTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST"]),
        "target": st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=8),
        "body": st.binary(max_size=8),
        "device": st.sampled_from(["", "d1", "d11"]),
        "boot": st.sampled_from(["", "1", "b1"]),
        "sequence": st.integers(0, 12),
    }
)
ONE: dict[str, Any] = {
    "method": "POST",
    "target": "/api/device/v1/journal?x=1",
    "body": b"{}",
    "device": "door-1",
    "boot": "0f",
    "sequence": 7,
}


def test_the_signed_bytes_are_these_for_ever() -> None:
    assert signed_bytes(**ONE) == (
        b"meroppet-v1\nPOST\n/api/device/v1/journal?x=1\n"
        b"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\ndoor-1\n0f\n7"
    )


@given(PARTS, PARTS)
def test_two_requests_never_have_the_same_bytes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (signed_bytes(**one) == signed_bytes(**other)) is (one == other)


@given(PARTS, st.data())
def test_every_part_is_signed(one: dict[str, Any], data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(sorted(one)))
    other = {**one, part: data.draw(PARTS)[part]}

    assert (signed_bytes(**one) == signed_bytes(**other)) is (one == other)


def test_a_method_is_the_same_however_it_is_written() -> None:
    assert signed_bytes(**{**ONE, "method": "post"}) == signed_bytes(**ONE)


@pytest.mark.parametrize("part", ["method", "target", "device", "boot"])
def test_no_part_can_pass_for_two(part: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        signed_bytes(**{**ONE, part: "a\nb"})
