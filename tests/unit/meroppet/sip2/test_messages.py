"""All 31 messages: the table is an independent one's too, and every message can be made and looked at by name."""

from datetime import UTC, datetime, timedelta, timezone
from datetime import date as day

import pysip2.models
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.sip2 import requests
from meroppet.sip2.codec import decode, encode
from meroppet.sip2.fields import NAMES, ZoneStyle, minor_units, read_minor_units, read_timestamp, timestamp
from meroppet.sip2.messages import MESSAGES, RESPONSE_TO, Direction, RawMessage, build
from meroppet.sip2.request_views import (
    REQUEST_VIEWS,
    CheckoutRequest,
    HoldRequest,
    LoginRequest,
    PatronRequest,
    PaymentRequest,
    TerminalStatus,
)
from meroppet.sip2.view_fields import Reading
from meroppet.sip2.views import ANSWER_VIEWS, AcsStatusView, HoldView, PatronView, RenewAllView

AT = datetime(2026, 11, 21, 22, 34, 38)  # noqa: DTZ001 (local, as a blank zone means)
EVERY_REQUEST = [
    requests.block_patron(AT, "HUS", "1", "Kortet är spärrat", retained=True),
    requests.checkin(AT, "HUS", "30", location="HUS"),
    requests.checkout(AT, "HUS", "1", "30", pin="1234"),
    requests.hold(AT, "HUS", "1", requests.HoldWish(requests.HoldMode.ADD, item="30", pickup="HUS", expires=AT)),
    requests.item_information(AT, "HUS", "30"),
    requests.item_status_update(AT, "HUS", "30", "larmad"),
    requests.patron_status(AT, "HUS", "1", "1234"),
    requests.patron_enable(AT, "HUS", "1", "1234"),
    requests.renew(AT, "HUS", "1", "30"),
    requests.end_session(AT, "HUS", "1"),
    requests.fee_paid(AT, "HUS", "1", requests.Payment(12_50, fee="7", transaction="8")),
    requests.patron_information(AT, "HUS", "1", "1234", summary=requests.Summary.HOLDS, span=(1, 20)),
    requests.renew_all(AT, "HUS", "1", "1234"),
    requests.login("u", "p", "HUS"),
    requests.resend(),
    requests.sc_status(),
]


def test_the_table_is_the_one_that_an_independent_package_has() -> None:
    for code, theirs in pysip2.models.MESSAGE_SPECS_BY_ID.items():
        fixed = [field.width for field in theirs.fields if field.field_id is None]
        must = {field.field_id for field in theirs.fields if field.field_id is not None and field.required}
        may = {field.field_id for field in theirs.fields if field.field_id is not None and not field.required}

        ours = MESSAGES[code]
        assert [width for _, width in ours.fixed] == fixed, code
        assert (set(ours.required), set(ours.optional)) == (must, may), code
    assert set(pysip2.models.MESSAGE_SPECS_BY_ID) == set(MESSAGES)


def test_every_field_of_every_message_has_a_name() -> None:
    used = {identifier for spec in MESSAGES.values() for identifier in (*spec.required, *spec.optional)}

    assert used - set(NAMES) == set()


def test_every_message_has_a_view_and_every_request_a_builder() -> None:
    asked = {code for code, spec in MESSAGES.items() if spec.direction is Direction.REQUEST}

    assert set(REQUEST_VIEWS) == asked == {message.code for message in EVERY_REQUEST}
    assert set(ANSWER_VIEWS) == set(MESSAGES) - asked
    assert set(RESPONSE_TO) == asked - {"97"}


@pytest.mark.parametrize("message", EVERY_REQUEST, ids=lambda message: message.code)
def test_a_request_is_whole_by_the_norm_and_reads_back_as_itself(message: RawMessage) -> None:
    got = decode(encode(message, sequence=3, terminator=b""))

    assert got.has_whole_header
    assert message.missing == ()
    assert {identifier for identifier, _ in message.fields} <= {*message.spec.required, *message.spec.optional}
    assert (got.code, got.fixed, got.fields) == (message.code, message.fixed, message.fields)


@given(st.sampled_from(sorted(MESSAGES)), st.text(max_size=70), st.data())
def test_no_view_ever_raises(code: str, fixed: str, data: st.DataObject) -> None:
    identifiers = st.sampled_from(sorted(NAMES))
    fields = data.draw(st.lists(st.tuples(identifiers, st.text()), max_size=8))
    raw = RawMessage(code, fixed, tuple(fields))

    for view in {*REQUEST_VIEWS.values(), *ANSWER_VIEWS.values()}:
        for name in [name for name, found in vars(view).items() if isinstance(found, Reading)]:
            getattr(view(raw), name)


def test_a_view_tells_a_request_by_name() -> None:
    by_code = {message.code: message for message in EVERY_REQUEST}
    loan, hold = CheckoutRequest(by_code["11"]), HoldRequest(by_code["15"])
    patron, paid = PatronRequest(by_code["63"]), PaymentRequest(by_code["37"])

    assert (loan.card, loan.barcode, loan.pin, loan.may_renew, loan.nb_due) == ("1", "30", "1234", False, None)
    assert (hold.mode, hold.barcode, hold.pickup, hold.pin) == ("+", "30", "HUS", None)
    assert (patron.asked_lists, patron.span, patron.at) == (("hold",), (1, 20), AT)
    assert (paid.amount_minor, paid.currency, paid.fee, paid.transaction) == (1250, "SEK", "7", "8")
    assert LoginRequest(by_code["93"]).location == "HUS"
    assert TerminalStatus(by_code["99"]).version == "2.00"


def test_a_view_tells_an_answer_by_name() -> None:
    renewed = RenewAllView(
        build("66", {"ok": "1", "renewed_count": "0002"}, [("BM", "30"), ("BM", "31"), ("BN", "32")])
    )
    patron = PatronView(build("64", {}, [("AS", "a"), ("AS", "b"), ("CC", "500"), ("BZ", "0010"), ("BD", "Hemma")]))

    assert (renewed.ok, renewed.renewed_count, renewed.renewed, renewed.unrenewed) == (True, 2, ("30", "31"), ("32",))
    assert (patron.holds, patron.fee_limit_minor, patron.hold_limit, patron.address) == (
        ("a", "b"),
        50_000,
        10,
        "Hemma",
    )
    assert HoldView(build("16", {"ok": "1"}, [("BR", "3")])).queue == 3


@pytest.mark.parametrize(
    ("timeout", "retries", "seconds", "times"),
    [("030", "003", 3.0, 3), ("000", "000", None, 0), ("999", "999", None, None), ("   ", " 1 ", None, 1)],
)
def test_the_limits_of_98_are_read_and_999_means_not_said(
    timeout: str, retries: str, seconds: float | None, times: int | None
) -> None:
    view = AcsStatusView(build("98", {"timeout_period": timeout, "retries_allowed": retries}))

    assert (view.timeout, view.retries) == (seconds, times)


@pytest.mark.parametrize("style", ZoneStyle)
def test_every_timestamp_of_a_request_gets_the_zone_that_the_register_reads(style: ZoneStyle) -> None:
    for message in EVERY_REQUEST:
        styled = requests.in_zone_style(message, style)

        assert len(styled.fixed) == len(message.fixed)
        assert message.fixed.count(" " * 18) == styled.fixed.count(" " * 18), "a blank date stays blank"
        assert [identifier for identifier, _ in styled.fields] == [identifier for identifier, _ in message.fields]
        if message.spec.slices.get("transaction_date"):
            assert styled.fixed_field("transaction_date") == f"20261121{style}223438"
    hold = requests.in_zone_style(EVERY_REQUEST[3], style)
    assert hold.first("BW") == f"20261121{style}223438"


def test_a_timestamp_in_utc_is_the_same_moment() -> None:
    swedish = datetime(2026, 11, 21, 22, 34, 38, tzinfo=timezone(timedelta(hours=1)))

    assert timestamp(swedish, ZoneStyle.UTC) == "20261121   Z213438"
    assert read_timestamp("20261121   Z213438") == swedish.astimezone(UTC)
    assert timestamp(swedish, ZoneStyle.ZEROS) == "202611210000223438"


@pytest.mark.parametrize("text", ["", " " * 18, "20261121", "20261332    223438", "20261121    250000", "x" * 18])
def test_a_doubtful_timestamp_is_none(text: str) -> None:
    assert read_timestamp(text) is None


@given(st.integers(-(10**10), 10**10))
def test_an_amount_that_is_written_reads_back(amount: int) -> None:
    assert read_minor_units(minor_units(amount)) == amount


def test_undoing_a_loan_is_the_same_request_with_a_cancel_mark() -> None:
    made = requests.checkout(AT, "HUS", "1", "30")
    undone = requests.as_cancellation(made)

    assert CheckoutRequest(undone).is_cancellation
    assert (undone.code, undone.fixed) == (made.code, made.fixed)
    assert len(undone.all("BI")) == 1


def test_what_the_norm_demands_and_is_not_there_is_told() -> None:
    assert build("64", {}, [("AA", "1")]).missing == ("AO", "AE")
    assert RawMessage("71").missing == ()


def test_dates_of_fields_keep_a_site_s_own_form() -> None:
    assert PatronView(build("64", {}, [("PB", "11/15/2005")])).date("PB", ("%m/%d/%Y",)) == day(2005, 11, 15)
