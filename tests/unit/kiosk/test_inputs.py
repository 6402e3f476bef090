"""What the kiosk's devices say means one thing on each screen, and nothing where nothing was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ports import CardPresented
from kiosk import inputs
from kiosk.sounds import tone_between
from meroppet.rules.session import (
    Cancelled,
    CardShown,
    Chosen,
    Finished,
    ItemSeen,
    KeyPressed,
    Line,
    LineState,
    Screen,
    Session,
    Task,
)


@pytest.mark.parametrize(
    ("screen", "key", "meaning"),
    [
        (Screen.IDLE, "1", Chosen(Task.BORROW, "s")),
        (Screen.IDLE, "2", Chosen(Task.RETURN, "s")),
        (Screen.REFUSED, "1", Chosen(Task.BORROW, "s")),
        (Screen.IDLE, "7", None),
        (Screen.IDLE, "*", None),
        (Screen.CARD, "7", KeyPressed("7")),
        (Screen.PIN, "#", KeyPressed("ok")),
        (Screen.PIN, "*", KeyPressed("back")),
        (Screen.ITEMS, "#", Finished()),
        (Screen.RECEIPT, "#", Finished()),
        (Screen.ITEMS, "*", Cancelled()),
        (Screen.ITEMS, "1", None),
        (Screen.CHECKING, "#", None),
    ],
)
def test_a_key_means_what_its_screen_asks(screen, key, meaning):
    assert inputs.of_key(screen, key, lambda: "s") == meaning


@pytest.mark.parametrize(
    ("screen", "meaning"),
    [
        (Screen.CARD, CardShown("301")),
        (Screen.REFUSED, CardShown("301")),
        (Screen.ITEMS, ItemSeen("301")),
        (Screen.IDLE, None),
        (Screen.PIN, None),
        (Screen.RECEIPT, None),
    ],
)
def test_a_scan_is_a_card_or_an_item_or_nothing(screen, meaning):
    assert inputs.of_scan(screen, "301") == meaning


def test_a_chip_is_a_card_by_its_serial_number():
    assert inputs.of_card(CardPresented(bytes.fromhex("04a1b2c3"))) == CardShown("04A1B2C3")


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40)))
def test_no_card_is_too_odd_to_be_shown(raw):
    assert isinstance(inputs.of_card(CardPresented(raw)), CardShown)


def test_success_rises_and_refusal_falls():
    items = Session(screen=Screen.ITEMS)
    done = Session(screen=Screen.ITEMS, lines=(Line("1", LineState.DONE),))
    refused = Session(screen=Screen.ITEMS, lines=(Line("1", LineState.REFUSED),))

    assert tone_between(items, done) == "rising"
    assert tone_between(items, refused) == "falling"
    assert tone_between(Session(screen=Screen.CHECKING), Session(screen=Screen.REFUSED)) == "falling"
    assert tone_between(items, items) is None
