"""What a recorded Koha said to loans, returns, renewals, holds and payments, read through its profile."""

from datetime import datetime

import pytest

from meroppet.ils.ports import ItemState, LoanReason, ReturnReason
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_answers import item_answer, loan_answer, return_answer
from meroppet.sip2 import requests
from meroppet.sip2.fields import read_minor_units
from meroppet.sip2.views import ItemView, LoanView, PatronView, ReturnView
from tests.golden.koha.recording import RECORDS, answered, cases, request, response

NOW = datetime(2026, 11, 21, 22, 34, 37)  # noqa: DTZ001 (the register's wall clock)


def loan(case: str) -> LoanReason:
    asked = request(case)
    card, barcode = asked.first("AA") or "", asked.first("AB") or ""
    answer = loan_answer(KOHA, LoanView(response(case)), card, barcode, renewal=asked.code == "29")
    assert answer.ok is (answer.due is not None)
    return answer.reason


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("checkout/ok", LoanReason.LOANED),
        ("checkout/waiting-hold-for-self", LoanReason.LOANED),
        ("checkout/on-hold-for-other-item-available", LoanReason.RESERVED_BY_OTHER),
        ("checkout/waiting-hold-for-other", LoanReason.RESERVED_BY_OTHER),
        ("checkout/item-notforloan", LoanReason.NOT_FOR_LOAN),
        ("checkout/item-withdrawn", LoanReason.NOT_FOR_LOAN),
        ("checkout/age-restricted-child", LoanReason.NOT_FOR_LOAN),
        ("checkout/age-restricted-adult", LoanReason.LOANED),
        ("checkout/patron-expired", LoanReason.PATRON_BLOCKED),
        ("checkout/patron-debarred", LoanReason.PATRON_BLOCKED),
        ("checkout/patron-tempdebarred", LoanReason.PATRON_BLOCKED),
        ("checkout/patron-lostcard", LoanReason.PATRON_BLOCKED),
        ("checkout/patron-gna", LoanReason.PATRON_BLOCKED),
        ("checkout/patron-overdue", LoanReason.LOANED),
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
    assert loan(case) is reason


@pytest.mark.parametrize("case", [*cases("checkout/"), *cases("renew/")])
def test_no_refusal_of_a_loan_is_left_without_a_reason_but_an_unpaid_fee(case: str) -> None:
    if request(case).code in ("11", "29"):
        assert (loan(case) is LoanReason.REFUSED) is (case == "checkout/item-dvd-fee-not-acknowledged")


def test_a_fee_that_nobody_has_agreed_to_is_refused_without_a_word() -> None:
    refused, agreed = response("checkout/item-dvd-fee-not-acknowledged"), "checkout/item-dvd-fee-acknowledged-BOY"

    assert refused.first("AF") is None
    assert [refused.first(identifier) for identifier in ("BV", "BH", "BT")] == ["20.00", "USD", "06"]
    assert request(agreed).first("BO") == "Y"
    assert loan(agreed) is LoanReason.LOANED


@pytest.mark.parametrize(
    "case",
    ["checkout/item-lost", "checkout/item-damaged", "checkout/item-intransit", "checkout/patron-locked"],
)
def test_koha_lends_what_a_library_would_not(case: str) -> None:
    assert loan(case) is LoanReason.LOANED


@pytest.mark.parametrize(
    "case", ["checkout/wrong-pin-AD", "checkout/no-pin-AD", "checkout/patron-nopin", "renew/wrong-pin"]
)
def test_koha_does_not_look_at_the_pin_of_a_loan_so_it_is_not_sent(case: str) -> None:
    assert loan(case) in (LoanReason.LOANED, LoanReason.RENEWED)

    assert not KOHA.sends_pin_with_loans


def test_one_s_own_loan_is_renewed_by_11_and_cancelling_renews_it_too() -> None:
    assert loan("checkout/already-on-loan-to-self-renewal") is LoanReason.RENEWED
    assert loan("checkout/self-renewal-max-reached") is LoanReason.LIMIT
    assert request("checkout/BI-cancel-Y").first("BI") == "Y"
    assert loan("checkout/BI-cancel-Y") is LoanReason.RENEWED


def test_any_debt_stops_a_loan_where_koha_s_default_stands_and_63_shows_none_of_it() -> None:
    shown, refused = cases("pref-AllFinesNeedOverride-1/")

    assert PatronView(response(shown)).flags == frozenset()
    assert loan(refused) is LoanReason.PATRON_BLOCKED


def test_a_renewal_that_is_refused_may_name_the_borrower_and_our_answer_does_not() -> None:
    case = "renew/on-loan-to-other"
    assert "Åsa Öberg" in (response(case).first("AF") or "")

    answer = loan_answer(KOHA, LoanView(response(case)), "2000000001", "3000000000003", renewal=True)

    assert "Öberg" not in repr(answer)


def test_nothing_is_forced_through_blocks() -> None:
    made = requests.checkout(NOW, "", "1", "2"), requests.checkin(NOW, "", "2"), requests.renew(NOW, "", "1", "2")

    assert [message.fixed_field("no_block") for message in made] == ["N"] * 3


@pytest.mark.parametrize(
    ("case", "reason", "destination"),
    [
        ("checkin/ok-own-item", ReturnReason.RETURNED, "shelf"),
        ("checkin/lost", ReturnReason.RETURNED, "shelf"),
        ("checkin/multi-part-materials", ReturnReason.RETURNED, "shelf"),
        ("checkin/return-date-in-past", ReturnReason.RETURNED, "shelf"),
        ("checkin/not-on-loan", ReturnReason.NOT_ON_LOAN, "shelf"),
        ("checkin/hold-to-pick-up-here/second-scan", ReturnReason.NOT_ON_LOAN, "hold_here"),
        ("checkin/hold-for-other-branch-alert02", ReturnReason.RETURNED, "transit:SALA"),
        ("checkin/needs-transfer-home-alert04", ReturnReason.RETURNED, "transit:SALA"),
        ("checkin/at-sala/vasteras-item-on-loan-needs-transfer-alert04", ReturnReason.RETURNED, "transit:VASTERAS"),
        ("checkin/withdrawn", ReturnReason.REFUSED, "shelf"),
        ("checkin/unknown-barcode", ReturnReason.UNKNOWN_ITEM, "None"),
        ("account-sip_ascii/checkin-not-on-loan", ReturnReason.RETURNED, "shelf"),
    ],
)
def test_each_recorded_return_tells_where_the_item_goes(case: str, reason: ReturnReason, destination: str) -> None:
    answer = return_answer(KOHA, ReturnView(response(case)), request(case).first("AB") or "")

    assert (answer.reason, str(answer.destination)) == (reason, destination)


RETURNS = [case for case in answered("10") if case.startswith("checkin/")]


def test_the_third_flag_of_a_return_is_the_alert_and_cv_its_kind() -> None:
    for case in RETURNS:
        view = ReturnView(response(case))
        assert view.alert is (not view.ok or view.alert_type is not None), case
        assert view.alert_type in (None, 1, 2, 4, 99), case
    kinds = {ReturnView(response(case)).alert_type for case in RETURNS}
    assert kinds == {None, 1, 2, 4, 99}


def test_a_return_names_borrower_and_holder_and_our_answer_neither() -> None:
    case = "checkin/hold-for-other-branch-alert02"
    said = response(case)
    assert (said.first("AA"), said.first("CY"), said.first("DA")) == ("2000000016", "2000000012", "Lars Öst")

    told = repr(return_answer(KOHA, ReturnView(said), said.first("AB") or ""))

    assert not any(value in told for value in ("2000000016", "2000000012", "Öst"))


def test_the_current_location_decides_the_branch_and_an_unknown_one_is_taken() -> None:
    elsewhere = ReturnView(response("checkin/AP-other-branch-SALA"))
    assert request("checkin/AP-other-branch-SALA").first("AP") == "SALA"

    assert (elsewhere.alert_type, elsewhere.destination) == (4, "VASTERAS")
    assert ReturnView(response("checkin/AP-unknown-branch")).ok
    assert ReturnView(response("checkin/no-AP")).ok


def test_the_item_on_its_way_was_transferred_by_the_return_itself() -> None:
    after = item_answer(KOHA, ItemView(response("checkin/hold-for-other-branch/item-info-after")), "3000000000023")

    assert after.state is ItemState.AVAILABLE


@pytest.mark.parametrize("case", ["lost", "withdrawn", "notforloan", "damaged", "restricted", "reftype", "hold_sala"])
def test_koha_calls_available_what_cannot_be_had(case: str) -> None:
    view = ItemView(response(f"item-info/{case}"))

    assert view.circulation_status == "03"


@pytest.mark.parametrize(
    ("case", "state"),
    [
        ("item-info/loan1", ItemState.ON_LOAN),
        ("item-info/overdue", ItemState.ON_LOAN),
        ("item-info/age15", ItemState.AVAILABLE),
        ("checkin/hold-to-pick-up-here/item-info-after", ItemState.ON_HOLD_SHELF),
    ],
)
def test_the_state_of_an_item_is_what_18_says(case: str, state: ItemState) -> None:
    barcode = request(case).first("AB") or ""

    answer = item_answer(KOHA, ItemView(response(case)), barcode)

    assert (answer.ok, answer.state) == (True, state)
    assert (answer.due is not None) is (state is ItemState.ON_LOAN)


@pytest.mark.parametrize("case", ["item-info/barcode-unknown", "item-info/barcode-empty", "item-info/no-AB-field"])
def test_an_unknown_item_has_status_01_and_no_title(case: str) -> None:
    view = ItemView(response(case))

    assert (view.circulation_status, view.title) == ("01", None)
    assert not item_answer(KOHA, view, request(case).first("AB") or "").ok


def test_a_delimiter_in_a_title_comes_back_as_itself() -> None:
    title = item_answer(KOHA, ItemView(response("account-sip_plain/item-info-pipe")), "3000000000020").title

    assert title is not None
    assert title.startswith("Titel med | streck")


def test_a_long_title_comes_whole() -> None:
    assert len(item_answer(KOHA, ItemView(response("item-info/longtitle")), "3000000000026").title or "") > 255


@pytest.mark.parametrize(
    ("case", "ok"),
    [
        ("hold/add-duplicate", "1"),
        ("hold/add-other-pickup-SALA", "1"),
        ("hold/add-debarred", "1"),
        ("hold/add-wrong-pin", "0"),
        ("hold/add-unknown-item", "0"),
        ("hold/add-unknown-patron", "0"),
        ("hold/cancel-ok", "0"),
        ("hold/change", "0"),
    ],
)
def test_a_hold_is_placed_for_nearly_anybody_and_never_taken_back(case: str, ok: str) -> None:
    assert response(case).fixed_field("ok") == ok


@pytest.mark.parametrize("case", ["hold/add-unknown-pickup", "hold/add-no-pickup-BS", "hold/bad-mode"])
def test_a_hold_koha_cannot_understand_is_answered_by_hanging_up(case: str) -> None:
    assert RECORDS[case]["closed"]


def test_a_hold_that_is_placed_twice_stands_twice() -> None:
    assert response("hold/patron-info-unavailable-after").all("CD").count("3000000000004") == 2


def test_payments_are_taken_whatever_the_pin_and_as_often_as_they_are_reported() -> None:
    for case in ("fee/wrong-pin", "fee/overpay", "fee/zero", "fee/negative", "fee/same-transaction-id-again/2"):
        assert response(case).fixed_field("payment_accepted") == "Y"
    assert response("fee/unknown-patron").fixed_field("payment_accepted") == "N"


def test_a_payment_is_written_with_a_point_because_a_comma_ends_the_amount() -> None:
    paid = requests.fee_paid(NOW, "", "1", requests.Payment(3_550))

    assert paid.first("BV") == request("fee/remaining-exact").first("BV") == "35.50"
    assert PatronView(response("fee/patron-info-after-partial")).fees_minor == 3_550
    assert read_minor_units(response("fee/patron-info-after-exact").first("BV")) is None


@pytest.mark.parametrize("case", cases("end-session/"))
def test_the_end_of_a_session_is_always_well(case: str) -> None:
    assert response(case).fixed_field("end_session") == "Y"


def test_blocking_and_enabling_change_nothing() -> None:
    assert PatronView(response("block/patron-info-after")).flags == frozenset()
    assert loan("block/checkout-after") is LoanReason.LOANED
    assert "not implemented" in (response("enable/good").first("AF") or "")
    assert PatronView(response("block/card-retained-Y/patron-info-after")).flags == frozenset()


def test_an_item_status_update_is_answered_well_and_shows_nothing() -> None:
    assert response("item-status-update/19").fixed_field("item_properties_ok") == "1"
