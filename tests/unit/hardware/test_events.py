"""Events can be logged whole: what identifies a person is not in their repr."""

import pytest

from hardware.ports import BarcodeScanned, CardPresented, Event, KeyPressed, TagsOnPad


@pytest.mark.parametrize(
    "event",
    [CardPresented("4711"), CardPresented(b"4711"), KeyPressed("4711"), BarcodeScanned("4711"), TagsOnPad(("4711",))],
)
def test_a_logged_event_gives_nothing_away(event: Event) -> None:
    assert "4711" not in repr(event)
