"""What a recorded Koha said, read through its profile: the traps of a real register, one by one."""

import json
from datetime import date
from pathlib import Path

import pytest

from meroppet.ils.ports import LoanReason, PatronAnswer, PatronReason, ReturnReason, UnavailableCause
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_answers import item_answer, loan_answer, patron_answer, return_answer
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.codec import TextCoding, decode
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.views import ItemView, LoanView, PatronView, ReturnView

GOLDEN = Path(__file__).parents[3] / "golden" / "koha" / "sip2.jsonl"
RECORDS = {r["case"]: r for r in map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines())}
TODAY = date(2026, 11, 21)


def recorded(case: str) -> tuple[RawMessage, RawMessage]:
    coding = TextCoding("utf-8", "latin-1")
    record = RECORDS[case]
    return decode(record["request"].encode("latin-1"), coding), decode(record["response"].encode("latin-1"), coding)


def patron(case: str) -> PatronAnswer:
    request, response = recorded(case)
    pin_sent = request.first("AD") is not None
    return patron_answer(KOHA, PatronView(response), request.first("AA") or "", pin_sent=pin_sent, today=TODAY)


def facts_of(case: str) -> PatronFacts:
    facts = patron(case).facts
    assert facts is not None
    return facts


def test_a_patron_in_good_standing() -> None:
    answer = patron("patron-info/good/right-pin")

    assert answer.pin is PinAnswer.RIGHT
    assert (answer.patron_id, answer.name, answer.loans) == ("2000000001", "Åsa Öberg", 1)
    facts = facts_of("patron-info/good/right-pin")
    assert facts.birth_date == date(1980, 1, 1)
    assert (facts.category, facts.fees_minor) == ("VUXEN", 0)
    assert not facts.debarred
    assert not facts.lost
    assert not facts.blocked_from_borrowing


@pytest.mark.parametrize(
    ("case", "pin"),
    [
        ("patron-info/debarred/wrong-pin", PinAnswer.WRONG),
        ("patron-info/good/no-AD", PinAnswer.UNKNOWN),
        ("patron-info/fines/right-pin", PinAnswer.RIGHT),
        ("patron-info/pin-ends-with-special-char-AD-last", PinAnswer.WRONG),
        ("patron-info/pin-ends-with-special-char-AC-after-AD", PinAnswer.RIGHT),
        ("patron-info/pin-ends-with-special-char-with-ED", PinAnswer.RIGHT),
    ],
)
def test_the_pin_answer_is_what_cq_says_and_only_that(case: str, pin: PinAnswer) -> None:
    assert patron(case).pin is pin


def test_a_blocked_patron_with_the_right_pin_is_blocked() -> None:
    assert patron("patron-info/debarred/summary-hold").pin is PinAnswer.RIGHT
    facts = facts_of("patron-info/debarred/summary-hold")
    assert facts.valid
    assert facts.debarred
    assert facts.blocked_from_borrowing


def test_an_expired_card_is_told_by_the_message_where_no_field_does() -> None:
    facts = facts_of("patron-info/expired/no-AD")

    assert facts.expires == date(2026, 11, 20)
    assert not facts.debarred


def test_a_debt_blocks_borrowing_but_is_no_restriction() -> None:
    facts = facts_of("patron-info/fines/right-pin")

    assert (facts.fees_minor, facts.blocked_from_borrowing, facts.debarred) == (25_000, True, False)


@pytest.mark.parametrize("case", ["patron-info/lostcard/wrong-pin", "patron-info/gna/wrong-pin"])
def test_a_lost_card_and_a_missing_address_read_as_lost(case: str) -> None:
    assert facts_of(case).lost


def test_a_restriction_that_has_ended_blocks_nothing() -> None:
    facts = facts_of("patron-info/wasdebarred/right-pin")

    assert not facts.debarred
    assert not facts.blocked_from_borrowing


def test_a_locked_card_looks_like_a_wrong_pin() -> None:
    locked = [case for case in RECORDS if case.startswith("patron-info/locked/right-pin")]

    assert [patron(case).pin for case in locked] == [PinAnswer.WRONG] * len(locked)


def test_an_unknown_card_is_neither_right_nor_wrong() -> None:
    request, _ = recorded("patron-info/good/right-pin")
    _, response = recorded("patron-status/card-unknown")
    view = PatronView(response)

    answer = patron_answer(KOHA, view, view.card or "", pin_sent=True, today=TODAY)

    assert request.first("AA") != view.card
    assert (answer.pin, answer.reason, answer.facts) == (PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD, None)


def test_an_answer_about_another_patron_is_no_answer() -> None:
    _, response = recorded("patron-info/good/right-pin")

    answer = patron_answer(KOHA, PatronView(response), "2000000002", pin_sent=True, today=TODAY)

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.WRONG_PATRON)
    assert answer.facts is None


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("checkout/ok", LoanReason.LOANED),
        ("checkout/already-on-loan-to-self-renewal", LoanReason.RENEWED),
        ("checkout/self-renewal-max-reached", LoanReason.LIMIT),
        ("checkout/on-hold-for-other-item-available", LoanReason.RESERVED_BY_OTHER),
        ("checkout/waiting-hold-for-other", LoanReason.RESERVED_BY_OTHER),
        ("checkout/item-notforloan", LoanReason.NOT_FOR_LOAN),
        ("checkout/item-withdrawn", LoanReason.NOT_FOR_LOAN),
        ("checkout/item-dvd-fee-not-acknowledged", LoanReason.REFUSED),
        ("checkout/patron-expired", LoanReason.PATRON_BLOCKED),
        ("checkout/patron-childfull", LoanReason.LIMIT),
        ("checkout/unknown-barcode", LoanReason.UNKNOWN_ITEM),
        ("checkout/unknown-patron", LoanReason.UNKNOWN_PATRON),
        ("renew/ok", LoanReason.RENEWED),
        ("renew/max-renewals", LoanReason.LIMIT),
        ("renew/on-hold-by-other", LoanReason.RESERVED_BY_OTHER),
        ("renew/on-loan-to-other", LoanReason.ALREADY_ON_LOAN),
        ("renew/debarred-patron", LoanReason.PATRON_BLOCKED),
    ],
)
def test_each_recorded_loan_ends_in_its_reason(case: str, reason: LoanReason) -> None:
    request, response = recorded(case)

    answer = loan_answer(
        KOHA, LoanView(response), request.first("AA") or "", request.first("AB") or "", renewal=request.code == "29"
    )

    assert answer.reason is reason
    assert answer.ok is (answer.due is not None)


@pytest.mark.parametrize(
    ("case", "reason", "destination"),
    [
        ("checkin/ok-own-item", ReturnReason.RETURNED, "shelf"),
        ("checkin/not-on-loan", ReturnReason.NOT_ON_LOAN, "shelf"),
        ("checkin/hold-to-pick-up-here/second-scan", ReturnReason.NOT_ON_LOAN, "hold_here"),
        ("checkin/hold-for-other-branch-alert02", ReturnReason.RETURNED, "transit:SALA"),
        ("checkin/needs-transfer-home-alert04", ReturnReason.RETURNED, "transit:SALA"),
        ("checkin/withdrawn", ReturnReason.REFUSED, "shelf"),
        ("checkin/unknown-barcode", ReturnReason.UNKNOWN_ITEM, "None"),
    ],
)
def test_each_recorded_return_tells_where_the_item_goes(case: str, reason: ReturnReason, destination: str) -> None:
    request, response = recorded(case)

    answer = return_answer(KOHA, ReturnView(response), request.first("AB") or "")

    assert (answer.reason, str(answer.destination)) == (reason, destination)


def test_a_delimiter_in_a_title_comes_back_as_itself() -> None:
    request, response = recorded("account-sip_plain/item-info-pipe")

    title = item_answer(KOHA, ItemView(response), request.first("AB") or "").title

    assert title is not None
    assert title.startswith("Titel med | streck")
