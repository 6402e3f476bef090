"""The client against a Koha of 24.05 or later as composed from its sources: believed, not recorded (docs/koha.md)."""

from datetime import UTC, date, datetime
from typing import cast

import pytest

from meroppet.ils.koha_rest import EntryAttribute
from meroppet.ils.ports import (
    AccountReason,
    Can,
    HoldReason,
    HoldState,
    ItemState,
    LoanReason,
    PatronReason,
    ReturnReason,
    UnavailableCause,
)
from meroppet.rules.pin import PinAnswer
from tests.integration.koha_rest.conftest import Connect
from tests.integration.koha_rest.newer import TITLE, NewerKoha
from tests.integration.koha_rest.replay import PATRONS, Server

GOOD = "2000000001"


def koha(server: Server) -> NewerKoha:
    return cast(NewerKoha, server.koha)


async def test_koha_checks_the_pin(connect: Connect, newer: Server) -> None:
    ils = connect(newer)

    assert (await ils.patron(GOOD, "1234")).pin is PinAnswer.RIGHT
    assert (await ils.patron(GOOD, "9999")).pin is PinAnswer.WRONG


async def test_the_first_form_of_the_pin_check_is_understood(connect: Connect, newer: Server) -> None:
    koha(newer).first_form = True
    ils = connect(newer)

    assert (await ils.patron(GOOD, "1234")).pin is PinAnswer.RIGHT
    assert (await ils.patron(GOOD, "9999")).pin is PinAnswer.WRONG


async def test_a_pin_checked_for_somebody_else_is_no_answer(connect: Connect, newer: Server) -> None:
    koha(newer).answers_about = 2

    answer = await connect(newer).patron(GOOD, "1234")

    assert (answer.pin, answer.facts) == (PinAnswer.UNAVAILABLE, None)
    assert answer.cause is UnavailableCause.WRONG_PATRON


async def test_a_user_name_that_is_anothers_card_is_no_proof(
    connect: Connect, newer: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATRONS[0], "userid", PATRONS[1]["cardnumber"])
    koha(newer).pins[PATRONS[0]["userid"]] = "1234"
    koha(newer).first_form = True

    assert (await connect(newer).patron(PATRONS[0]["cardnumber"], "1234")).pin is PinAnswer.UNKNOWN


@pytest.mark.parametrize("fault", ["", "401-loop", "close", "json-503"])
async def test_a_pin_is_sent_once_a_call_whatever_happens(connect: Connect, newer: Server, fault: str) -> None:
    ils = connect(newer)
    await ils.status()
    newer.fault, newer.spares = fault, frozenset({"/oauth/token", "/patrons"})

    await ils.patron(GOOD, "9999")

    assert sum(b"9999" in one.body for one in newer.koha.asked) == 1


async def test_a_record_that_is_blanked_is_no_patron_without_blocks(connect: Connect, newer: Server) -> None:
    koha(newer).blanked.add(1)

    answer = await connect(newer, limit=1).patron(GOOD, "1234")

    assert (answer.reason, answer.facts) == (PatronReason.UNAVAILABLE, None)
    assert answer.cause is UnavailableCause.WRONG_PATRON
    assert all(b"1234" not in one.body for one in newer.koha.asked)


async def test_one_patrons_blanked_record_does_not_shut_others_out(connect: Connect, newer: Server) -> None:
    koha(newer).blanked.add(2)
    ils = connect(newer, limit=1)

    await ils.patron("2000000002", "1234")

    assert (await ils.patron(GOOD, "1234")).pin is PinAnswer.RIGHT


@pytest.mark.parametrize(
    ("told", "kept_out"),
    [
        ([{"type": "MEROPPET", "value": "1", "extended_attribute_id": 1}], False),
        ([{"type": "X", "value": "1"}, {"type": "MEROPPET", "value": "1"}], False),
        ([{"type": "MEROPPET", "value": "0"}], True),
        ([{"type": "MEROPPET", "value": None}], True),
        ([{"type": "OTHER", "value": "1"}], True),
        ([], True),
    ],
)
async def test_who_may_enter_stands_in_an_attribute(
    connect: Connect, newer: Server, told: list[dict[str, object]], kept_out: bool
) -> None:
    koha(newer).attributes[1] = told

    answer = await connect(newer, may_enter=EntryAttribute("MEROPPET")).patron(GOOD, "1234")

    assert answer.facts is not None
    assert answer.facts.debarred is kept_out


async def test_changes_are_asked_for_since_a_time(connect: Connect, newer: Server) -> None:
    ils = connect(newer)

    page = await ils.changes(datetime(2026, 11, 30, tzinfo=UTC))
    everybody = await ils.changes(None)

    assert (page.patrons, page.is_whole, page.next) == ((), False, None)
    assert (len(everybody.patrons), everybody.is_whole) == (len(PATRONS), True)


async def test_records_that_say_too_little_are_left_out_and_counted(connect: Connect, newer: Server) -> None:
    koha(newer).blanked.add(2)

    page = await connect(newer).changes(None)

    assert (len(page.patrons), page.left_out) == (len(PATRONS) - 1, 1)


@pytest.mark.parametrize(
    ("barcode", "state"),
    [
        ("3000000000001", ItemState.AVAILABLE),
        ("3000000000003", ItemState.ON_LOAN),
        ("3000000000008", ItemState.OTHER),
        ("3000000000010", ItemState.MISSING),
    ],
)
async def test_an_item_is_found_by_its_barcode(connect: Connect, newer: Server, barcode: str, state: ItemState) -> None:
    answer = await connect(newer).item(barcode)

    assert (answer.title, answer.state) == (TITLE, state)


async def test_an_unknown_item_is_unknown(connect: Connect, newer: Server) -> None:
    assert not (await connect(newer).item("0")).ok


async def test_a_loan_over_rest(connect: Connect, newer: Server) -> None:
    answer = await connect(newer).checkout(GOOD, "1234", "3000000000001")

    assert (answer.reason, answer.title, answer.due) == (LoanReason.LOANED, TITLE, date(2026, 12, 20))
    assert koha(newer).changed == [("loan", 1)]


@pytest.mark.parametrize(
    ("status", "error", "confirms", "reason"),
    [
        (403, "Checkout not authorized (DEBARRED)", {}, LoanReason.PATRON_BLOCKED),
        (403, "Checkout not authorized (NOT_FOR_LOAN)", {}, LoanReason.NOT_FOR_LOAN),
        (409, "Item not found", {}, LoanReason.UNKNOWN_ITEM),
        (412, "Confirmation error", {"TOO_MANY": "5"}, LoanReason.LIMIT),
        (412, "Confirmation error", {"RESERVE_WAITING": 1}, LoanReason.RESERVED_BY_OTHER),
        (412, "Confirmation error", {"SOMETHING": 1}, LoanReason.REFUSED),
    ],
)
async def test_why_a_loan_was_refused(
    connect: Connect, newer: Server, status: int, error: str, confirms: dict[str, object], reason: LoanReason
) -> None:
    koha(newer).loan_status, koha(newer).loan_error, koha(newer).confirms = status, error, confirms

    answer = await connect(newer).checkout(GOOD, "1234", "3000000000001")

    assert (answer.reason, answer.may_have_happened) == (reason, False)


async def test_a_loan_whose_answer_is_lost_may_have_happened_and_is_not_tried_again(
    connect: Connect, newer: Server
) -> None:
    ils = connect(newer)
    await ils.status()
    newer.fault, newer.spares = "close-mid-body", frozenset({"/oauth/token", "/patrons", "/items"})

    answer = await ils.checkout(GOOD, "1234", "3000000000001")

    assert (answer.reason, answer.may_have_happened) == (LoanReason.UNAVAILABLE, True)
    assert koha(newer).changed == [("loan", 1)]


async def test_a_loan_that_koha_failed_on_may_have_happened(connect: Connect, newer: Server) -> None:
    koha(newer).loan_status = 500

    assert (await connect(newer).checkout(GOOD, "1234", "3000000000001")).may_have_happened


async def test_a_renewal_is_of_the_patrons_own_loan(connect: Connect, newer: Server) -> None:
    ils = connect(newer)

    renewed = await ils.renew("2000000010", "1234", "3000000000003")
    others = await ils.renew("2000000009", "1234", "3000000000003")

    assert (renewed.reason, renewed.due) == (LoanReason.RENEWED, date(2027, 2, 5))
    assert others.reason is LoanReason.ALREADY_ON_LOAN


async def test_no_koha_that_was_read_takes_returns_over_rest(connect: Connect, newer: Server) -> None:
    assert (await connect(newer).checkin("3000000000001")).reason is ReturnReason.REFUSED


async def test_holds_over_rest(connect: Connect, newer: Server) -> None:
    ils = connect(newer, pickup="SALA")
    koha(newer).hold_rows = [
        {"hold_id": 5, "patron_id": 10, "biblio_id": 6, "item_id": None, "status": "W"},
        {"hold_id": 1, "patron_id": 1, "biblio_id": 6, "item_id": None, "status": None, "pickup_library_id": "SALA"},
        {"hold_id": 2, "patron_id": 1, "biblio_id": 8, "item_id": 8, "status": "W", "pickup_library_id": "SALA"},
    ]

    told = await ils.holds(GOOD, None)
    cancelled = await ils.cancel_hold(GOOD, None, "3000000000006")
    missing = await ils.cancel_hold(GOOD, None, "3000000000001")
    placed = await ils.place_hold(GOOD, None, "3000000000001")

    assert told.reason is AccountReason.KNOWN
    assert [(one.barcode, one.state) for one in told.holds] == [
        ("3000000000008", HoldState.READY),
        ("3000000000006", HoldState.WAITING),
    ]
    assert (cancelled.reason, missing.reason) == (HoldReason.CANCELLED, HoldReason.REFUSED)
    assert placed.reason is HoldReason.PLACED
    assert koha(newer).changed == [("cancel", 1), ("hold", 1)]


async def test_what_is_offered_is_found_by_asking(connect: Connect, newer: Server) -> None:
    can = (await connect(newer, pickup="SALA").capabilities()).can

    assert can == set(Can) - {Can.CHECKIN, Can.TAKE_PAYMENT}
    assert koha(newer).changed == [], "asking changes nothing"
