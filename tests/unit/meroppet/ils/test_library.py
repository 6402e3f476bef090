"""The small library's rules, and the port on top of it."""

from datetime import date, timedelta

import pytest

from meroppet.ils.breaker import Breaker
from meroppet.ils.fake import FakeIls, Item, Library, LoanRules, Patron
from meroppet.ils.ports import (
    AccountReason,
    Can,
    Destination,
    Hold,
    HoldReason,
    HoldState,
    ItemState,
    LoanReason,
    PatronReason,
    PaymentReason,
    ReturnReason,
)
from meroppet.rules.pin import PinAnswer

TODAY = date(2026, 11, 21)


def library(rules: LoanRules | None = None) -> Library:
    patrons = [
        Patron(card="100", pin="1234", name="Åsa Öberg", birth_date=date(1980, 1, 1), home="NORA"),
        Patron(card="101", pin="1234", name="Bo Ek", expires=TODAY - timedelta(days=1)),
        Patron(card="102", pin="1234", name="Ceci Alm", debarred="obetald räkning"),
        Patron(card="103", pin="1234", name="David Ö", fees_minor=25_000),
        Patron(card="104", pin="1234", name="Eva Å", loan_limit=0),
    ]
    items = [
        Item(barcode="300", title="Doktor Glas", owner="NORA"),
        Item(barcode="301", title="Ordlistan", owner="NORA", for_loan=False),
        Item(barcode="302", title="Utvandrarna", owner="NORA", held_for="101", pickup="LINDE"),
        Item(barcode="303", title="Röda rummet", owner="LINDE", at="NORA"),
    ]
    return Library(patrons, items, lambda: TODAY, rules=rules)


@pytest.mark.parametrize(
    ("card", "barcode", "reason"),
    [
        ("100", "300", LoanReason.LOANED),
        ("999", "300", LoanReason.UNKNOWN_PATRON),
        ("100", "999", LoanReason.UNKNOWN_ITEM),
        ("101", "300", LoanReason.PATRON_BLOCKED),
        ("102", "300", LoanReason.PATRON_BLOCKED),
        ("103", "300", LoanReason.PATRON_BLOCKED),
        ("104", "300", LoanReason.LIMIT),
        ("100", "301", LoanReason.NOT_FOR_LOAN),
        ("100", "302", LoanReason.RESERVED_BY_OTHER),
    ],
)
def test_a_loan_ends_in_its_reason(card: str, barcode: str, reason: LoanReason) -> None:
    assert library().checkout(card, barcode, "NORA").reason is reason


def test_lending_to_the_same_patron_again_renews_until_the_limit() -> None:
    house = library(LoanRules(renewals=1))

    reasons = [house.checkout("100", "300", "NORA").reason for _ in range(3)]

    assert reasons == [LoanReason.LOANED, LoanReason.RENEWED, LoanReason.LIMIT]


def test_an_item_out_with_another_is_not_lent() -> None:
    house = library()
    house.checkout("100", "303", "NORA")

    assert house.checkout("104", "303", "NORA").reason is LoanReason.ALREADY_ON_LOAN
    assert house.renew("104", "303").reason is LoanReason.ALREADY_ON_LOAN


@pytest.mark.parametrize(
    ("barcode", "branch", "destination", "state"),
    [
        ("300", "NORA", "shelf", ItemState.AVAILABLE),
        ("300", "LINDE", "transit:NORA", ItemState.IN_TRANSIT),
        ("302", "NORA", "transit:LINDE", ItemState.IN_TRANSIT),
        ("302", "LINDE", "hold_here", ItemState.ON_HOLD_SHELF),
    ],
)
def test_a_returned_item_goes_where_it_is_wanted(barcode: str, branch: str, destination: str, state: ItemState) -> None:
    house = library()

    answer = house.checkin(barcode, branch)

    assert (answer.reason, str(answer.destination)) == (ReturnReason.NOT_ON_LOAN, destination)
    item = house.item(barcode)
    assert item is not None
    assert item.state is state


def test_a_loan_that_comes_back_is_returned_once() -> None:
    house = library()
    house.checkout("100", "300", "NORA")

    assert [house.checkin("300", "NORA").reason for _ in range(2)] == [ReturnReason.RETURNED, ReturnReason.NOT_ON_LOAN]


def test_three_wrong_pins_lock_and_a_right_one_before_that_forgives() -> None:
    house = library()
    patron = house.patron("100")
    assert patron is not None

    tries = ["0", "0", "1234", "0", "0", "0", "1234"]
    answers = [house.check_pin(patron, pin) for pin in tries]

    assert [answer is PinAnswer.RIGHT for answer in answers] == [False, False, True, False, False, False, False]


async def test_the_port_tells_facts_and_never_checks_an_empty_pin() -> None:
    ils = FakeIls(library(), "NORA")

    right, empty, unknown = await ils.patron("100", "1234"), await ils.patron("100", " "), await ils.patron("9", "1")

    assert (right.pin, right.facts is not None and right.facts.home) == (PinAnswer.RIGHT, "NORA")
    assert (empty.pin, empty.reason) == (PinAnswer.UNKNOWN, PatronReason.NO_PIN)
    assert (unknown.pin, unknown.reason) == (PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD)


def test_a_queue_moves_up_when_the_first_gives_up_and_the_shelf_is_for_her_alone() -> None:
    house = library()
    for card in ("100", "104", "100"):
        house.place_hold(card, "302", "NORA")
    house.checkin("302", "LINDE")
    item = house.item("302")
    assert item is not None

    assert (item.waiting, item.on_hold_shelf) == (("101", "100", "104"), True)
    assert house.cancel_hold("101", "302").reason is HoldReason.CANCELLED
    assert (item.waiting, item.pickup, item.on_hold_shelf) == (("100", "104"), "NORA", False)
    assert house.move_hold("104", "302", "LINDE")
    assert house.cancel_hold("100", "302").reason is HoldReason.CANCELLED
    assert (item.held_for, item.pickup) == ("104", "LINDE")


@pytest.mark.parametrize(
    ("card", "barcode", "reason"),
    [
        ("100", "302", HoldReason.PLACED),
        ("999", "302", HoldReason.UNKNOWN_PATRON),
        ("100", "999", HoldReason.UNKNOWN_ITEM),
        ("102", "302", HoldReason.PATRON_BLOCKED),
        ("100", "301", HoldReason.REFUSED),
    ],
)
def test_a_hold_ends_in_its_reason(card: str, barcode: str, reason: HoldReason) -> None:
    assert library().place_hold(card, barcode, "NORA").reason is reason


def test_a_loan_fills_the_borrowers_own_hold_and_can_be_undone() -> None:
    house = library()
    house.place_hold("100", "300", "NORA")
    house.checkout("100", "300", "NORA")
    item = house.item("300")
    assert item is not None

    assert (item.waiting, item.state) == ((), ItemState.ON_LOAN)
    assert [house.undo_loan("100", "300"), house.undo_loan("100", "300")] == [True, False]
    assert item.state is ItemState.AVAILABLE


async def test_the_port_lists_holds_places_and_cancels_them() -> None:
    ils = FakeIls(library(), "NORA")

    placed = await ils.place_hold("100", "1234", "302")
    ready = await ils.holds("101", None)
    waiting = await ils.holds("100", "1234")
    gone = await ils.cancel_hold("100", "1234", "302")

    assert (placed.reason, gone.reason) == (HoldReason.PLACED, HoldReason.CANCELLED)
    assert ready.holds == (Hold("302", HoldState.WAITING, "Utvandrarna", "LINDE"),)
    assert waiting.holds == (Hold("302", HoldState.WAITING, "Utvandrarna", "NORA"),)
    assert (await ils.holds("999", None)).reason is AccountReason.NO_SUCH_CARD
    assert Can.PLACE_HOLD in (await ils.capabilities()).can


@pytest.mark.parametrize(
    ("card", "amount", "reason", "left"),
    [
        ("103", 10_000, PaymentReason.ACCEPTED, 15_000),
        ("103", 25_001, PaymentReason.REFUSED, 25_000),
        ("103", -5, PaymentReason.BAD_INPUT, 25_000),
        ("999", 100, PaymentReason.UNKNOWN_PATRON, 25_000),
    ],
)
async def test_a_payment_is_taken_up_to_the_debt(card: str, amount: int, reason: PaymentReason, left: int) -> None:
    ils = FakeIls(library(), "NORA")

    assert (await ils.pay_fee(card, "1234", amount, "K-1")).reason is reason
    assert (await ils.fees("103", None)).owed_minor == left


@pytest.mark.parametrize("text", ["shelf", "hold_here", "transit:SALA", "transit"])
def test_a_destination_is_read_back_from_its_text(text: str) -> None:
    assert str(Destination.from_text(text)) == text
    assert Destination.from_text(f"x{text}") is None


def test_a_breaker_opens_after_three_failures_and_lets_one_try_each_rest() -> None:
    breaker = Breaker(limit=3, rest_seconds=30)

    for _ in range(3):
        assert not breaker.is_open(0.0)
        breaker.failed(0.0)

    assert breaker.is_open(29.9)
    assert not breaker.is_open(30.0)
    assert breaker.is_open(30.1)
    breaker.succeeded()
    assert not breaker.is_open(30.2)
