"""Holds, fees and payments as a real Koha answered them, and what is made of answers that no register should give."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from meroppet.ils.ports import (
    AccountReason,
    Can,
    Hold,
    HoldReason,
    HoldState,
    PatronAnswer,
    PaymentReason,
    UnavailableCause,
)
from meroppet.ils.profiles import KOHA, PRESETS, STANDARD
from meroppet.ils.sip2_account_answers import (
    Account,
    account_answer,
    capabilities,
    fees_answer,
    hold_answer,
    holds_answer,
    payment_answer,
)
from meroppet.ils.sip2_answers import patron_unavailable, with_facts
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.codec import decode
from meroppet.sip2.messages import RawMessage, build
from meroppet.sip2.session import Answer
from meroppet.sip2.views import AcsStatusView, HoldView, PaymentView

GOLDEN = Path(__file__).parents[3] / "golden" / "koha" / "sip2.jsonl"
RECORDS = {record["case"]: record for record in map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines())}


def answered(case: str) -> RawMessage:
    return decode(RECORDS[case]["response"].encode("latin-1").strip())


def account(case: str, card: str) -> Account:
    return account_answer(KOHA, Answer(answered(case), verified=True), card, pin_sent=True)


@pytest.mark.parametrize(
    ("case", "card", "owed"),
    [
        ("fee/patron-info-after-partial", "2000000014", 3550),
        ("fee/patron-info-after-exact", "2000000014", 0),
        ("fee/patron-info-after-below-limit", "2000000004", 10100),
    ],
)
def test_a_debt_as_koha_writes_it(case: str, card: str, owed: int) -> None:
    answer = fees_answer(KOHA, account(case, card))

    assert (answer.reason, answer.owed_minor, answer.currency) == (AccountReason.KNOWN, owed, "SEK")


def test_holds_as_koha_lists_them() -> None:
    first = account("patron-info/good/summary-hold", "2000000001")
    second = account("hold/patron-info-unavailable-after", "2000000001")

    answer = holds_answer(KOHA, first, second)

    assert first.holds_in_all == 1
    assert second.holds_in_all == 3
    assert {hold.state for hold in answer.holds} == {HoldState.WAITING}
    assert answer.holds[0].barcode == "3000000000027"


def test_nobody_is_told_to_come_where_hold_items_need_not_be_ready() -> None:
    listed = build("64", {"hold_count": "0001"}, [("AA", "1"), ("AE", "Ek"), ("BL", "Y"), ("AS", "3001")])
    known = account_answer(STANDARD, Answer(listed, verified=True), "1", pin_sent=False)

    assert holds_answer(STANDARD, known, None).holds == (Hold("3001", HoldState.WAITING),)
    assert holds_answer(KOHA, known, None).holds == (Hold("3001", HoldState.READY),)


@pytest.mark.parametrize(
    ("case", "card", "barcode", "reason"),
    [
        ("hold/add-duplicate", "2000000001", "3000000000004", HoldReason.PLACED),
        ("hold/add-unknown-item", "2000000001", "9999", HoldReason.UNKNOWN_ITEM),
        ("hold/add-unknown-patron", "9999", "3000000000003", HoldReason.UNKNOWN_PATRON),
        ("hold/add-wrong-pin", "2000000001", "3000000000003", HoldReason.UNKNOWN_PATRON),
        ("hold/cancel-ok", "2000000001", "3000000000004", HoldReason.REFUSED),
    ],
)
def test_a_hold_as_koha_answered_it(case: str, card: str, barcode: str, reason: HoldReason) -> None:
    assert hold_answer(KOHA, HoldView(answered(case)), card, barcode, HoldReason.PLACED).reason is reason


@pytest.mark.parametrize(
    ("case", "card", "number", "reason"),
    [
        ("fee/remaining-exact", "2000000014", "TX2", PaymentReason.ACCEPTED),
        ("fee/unknown-patron", "9999", "TX1", PaymentReason.REFUSED),
        ("fee/remaining-exact", "2000000001", "TX2", PaymentReason.UNAVAILABLE),
        ("fee/remaining-exact", "2000000014", "TX9", PaymentReason.UNAVAILABLE),
    ],
)
def test_a_payment_as_koha_answered_it(case: str, card: str, number: str, reason: PaymentReason) -> None:
    answer = payment_answer(KOHA, PaymentView(answered(case)), card, number)

    assert answer.reason is reason
    assert answer.may_have_happened == (reason is PaymentReason.UNAVAILABLE)


def test_an_account_without_a_good_checksum_or_of_another_patron_is_none() -> None:
    message = answered("fee/patron-info-after-exact")
    unverified = account_answer(KOHA, Answer(message, verified=False), "2000000014", pin_sent=False)
    anothers = account_answer(KOHA, Answer(message, verified=True), "2000000001", pin_sent=False)

    assert (unverified.cause, anothers.cause) == (UnavailableCause.BAD_CHECKSUM, UnavailableCause.WRONG_PATRON)


def test_a_register_can_do_what_it_says_and_everything_where_it_says_nothing() -> None:
    silent = capabilities(KOHA, AcsStatusView(build("98", {"online": "Y"}))).can
    # Position by position: 23 11 09 01 99 97 93 63 35 37 17 19 25 15 29 65.
    some = capabilities(KOHA, AcsStatusView(build("98", {"online": "Y"}, [("BX", "YYYNYYYYNNYNNNNN")]))).can

    assert silent == frozenset(Can) - {Can.LIST_CHANGES}
    assert some == {Can.CHECKOUT, Can.CHECKIN, Can.CHECK_PIN, Can.LIST_HOLDS, Can.TELL_FEES}


def test_a_register_that_renews_by_lending_needs_no_29() -> None:
    told = AcsStatusView(build("98", {"online": "Y"}, [("BX", "YYYNYYYYNNYNNNNN")]))

    assert Can.RENEW in capabilities(PRESETS["quria"], told).can


BY_PIN = PatronAnswer(PinAnswer.RIGHT, patron_id="1", facts=PatronFacts(valid=True))
TOLD = PatronAnswer(PinAnswer.UNKNOWN, patron_id="1", facts=PatronFacts(valid=True, category="VUXEN"), name="Ek")


@pytest.mark.parametrize("block", ["lost", "debarred", "blocked_from_borrowing"])
def test_a_block_in_either_answer_is_one(block: str) -> None:
    blocked = {block: True}
    first = replace(BY_PIN, facts=PatronFacts(valid=True, **blocked))  # type: ignore[arg-type]
    second = replace(TOLD, facts=PatronFacts(valid=True, **blocked))  # type: ignore[arg-type]

    for joined in (with_facts(first, TOLD), with_facts(BY_PIN, second)):
        assert joined.facts is not None
        assert getattr(joined.facts, block)


def test_the_pin_is_23s_and_the_rest_64s() -> None:
    joined = with_facts(BY_PIN, TOLD)

    assert (joined.pin, joined.name, joined.facts) == (PinAnswer.RIGHT, "Ek", TOLD.facts)


def test_a_pin_is_not_right_for_someone_either_answer_does_not_call_valid() -> None:
    assert with_facts(BY_PIN, replace(TOLD, facts=PatronFacts(valid=False))).pin is PinAnswer.UNKNOWN
    assert with_facts(replace(BY_PIN, facts=PatronFacts(valid=False)), TOLD).pin is PinAnswer.UNKNOWN


def test_two_answers_about_two_patrons_are_none() -> None:
    assert with_facts(BY_PIN, replace(TOLD, patron_id="2")).cause is UnavailableCause.WRONG_PATRON
    assert with_facts(BY_PIN, replace(TOLD, facts=None)).cause is UnavailableCause.WRONG_PATRON
    assert with_facts(BY_PIN, patron_unavailable(UnavailableCause.TIMEOUT)).pin is PinAnswer.UNAVAILABLE
