"""What the demo register answers in each dialect: the facts of real systems that whoever tests against it must meet."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo.consortia import place
from demo.register_stock import library_of, training_stock
from meroppet.ils.acs_answers import answer
from meroppet.ils.acs_desk import Desk, NoAnswer
from meroppet.ils.acs_dialects import DIALECTS, Odd
from meroppet.ils.library import Library
from meroppet.ils.profiles import PRESETS
from meroppet.sip2.codec import decode
from meroppet.sip2.fields import BLANK_TIMESTAMP
from meroppet.sip2.messages import RESPONSE_TO, RawMessage, build

BRANCH = place("skiljebo").branch
NOW = datetime(2026, 11, 21, 12, 0)  # noqa: DTZ001 (the register's local time)
STAMP = "20261121    120000"
GOOD, DEBARRED, OWING, LOST, NO_PIN, ITEM = (
    "2000000001", "2000000003", "2000000004", "2000000006", "2000000013", "30000000000001",
)  # fmt: skip


def house() -> Library:
    return library_of(training_stock(BRANCH, NOW.date()), NOW.date, "Skiljebo")


def ask(library: Library, dialect: str, code: str, **fields: str) -> Any:
    """The answer to a request with these fields; names longer than two letters are fixed fields."""
    fixed = {"transaction_date": STAMP, "nb_due_date": STAMP, "language": "006"}
    fixed |= {name: value for name, value in fields.items() if len(name) > 2}
    tagged = [(name, value) for name, value in fields.items() if len(name) == 2]
    desk = Desk(library, BRANCH.register_code, DIALECTS[dialect], NOW)
    return answer(desk, build(code, fixed, [("AO", BRANCH.register_code), *tagged]))


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("code", sorted(set(RESPONSE_TO) - {"93"}))
def test_every_request_is_answered_whole_or_refused_as_the_dialect_does(dialect: str, code: str) -> None:
    said = ask(
        house(), dialect, code, AA=GOOD, AB=ITEM, AD="7305", BV="1.00", hold_mode="+", BS="SKI", return_date=STAMP
    )

    if code not in DIALECTS[dialect].messages:
        assert said is DIALECTS[dialect].odd
    else:
        assert (said.code, said.has_whole_header) == (RESPONSE_TO[code], True)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_preset_of_the_same_name_finds_every_fact_where_the_dialect_puts_it(dialect: str) -> None:
    said, fields = ask(house(), dialect, "63", AA=GOOD, AD="7305"), PRESETS[dialect].fields

    assert (fields.birth_date is None) or said.first(fields.birth_date).startswith("1985")
    assert (fields.category is None) or said.first(fields.category) == "VUXEN"
    assert (fields.expires is None) or said.first(fields.expires).startswith("20271121")
    assert (fields.home is None) or said.first(fields.home) == "SKI"
    assert (fields.may_enter is None) or said.first(fields.may_enter) in fields.may_enter_if


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_preset_of_the_same_name_writes_as_the_dialect_does(dialect: str) -> None:
    form, wire = DIALECTS[dialect].form, PRESETS[dialect].wire

    assert (form.coding.charset, form.terminator, form.delimiter, form.error_detection) == (
        wire.coding.charset,
        wire.terminator,
        wire.delimiter,
        wire.error_detection,
    )


@pytest.mark.parametrize(
    ("dialect", "code", "card", "pin", "verdict"),
    [
        ("koha", "63", GOOD, None, None),
        ("koha", "63", GOOD, "", "N"),
        ("koha", "63", NO_PIN, "", "Y"),
        ("koha", "23", NO_PIN, "", "N"),
        ("koha", "23", GOOD, None, "N"),
        ("koha", "63", "999", "7305", None),
        ("koha", "63", DEBARRED, "7305", "Y"),
        ("spydus", "63", GOOD, None, "Y"),
        ("spydus", "63", GOOD, "", "Y"),
        ("spydus", "63", GOOD, "0000", "N"),
        ("polaris", "63", "999", "7305", "N"),
        ("evergreen", "63", "999", "7305", None),
        ("sierra", "63", GOOD, "7305", "Y"),
    ],
)
def test_a_missing_or_empty_pin_is_treated_as_the_system_does(
    dialect: str, code: str, card: str, pin: str | None, verdict: str | None
) -> None:
    secret = {} if pin is None else {"AD": pin}

    assert ask(house(), dialect, code, AA=card, **secret).first("CQ") == verdict


def test_three_empty_pins_lock_a_card_of_koha_where_63_and_23_count_together() -> None:
    library = house()
    for _ in range(3):
        ask(library, "koha", "23", AA=GOOD, AD="")
    assert ask(library, "koha", "63", AA=GOOD, AD="7305").first("CQ") == "Y"

    for code, pin in (("63", ""), ("23", "0"), ("63", "0")):
        ask(library, "koha", code, AA=GOOD, AD=pin)

    assert ask(library, "koha", "63", AA=GOOD, AD="7305").first("CQ") == "N"
    assert ask(library, "koha-suomi", "63", AA=GOOD).fixed_field("patron_status").startswith("YYYY")


@pytest.mark.parametrize(
    ("dialect", "card", "pin", "marks"),
    [
        ("koha", GOOD, "7305", ""),
        ("koha", DEBARRED, "7305", "YYYY"),
        ("koha", LOST, "7305", "YYYYY"),
        ("koha", OWING, "7305", "YYYY      YY"),
        ("koha", "2000000009", "7305", ""),
        ("koha-24", "2000000009", "7305", "      Y"),
        ("koha", "999", "7305", "YYYY"),
        ("evergreen", GOOD, "7305", "  Y"),
        ("sierra", GOOD, "0000", "Y  YYYYYYYYYYY"),
        ("sierra", OWING, "7305", ""),
        ("polaris", GOOD, "0000", "YYYY"),
        ("polaris", OWING, "7305", "YYYY      Y"),
    ],
)
def test_patron_status_is_marked_as_the_system_does(dialect: str, card: str, pin: str, marks: str) -> None:
    assert ask(house(), dialect, "63", AA=card, AD=pin).fixed_field("patron_status") == marks.ljust(14)


def test_a_restriction_is_told_twice_by_the_old_koha_and_once_by_the_new() -> None:
    comment = "Spärrad: obetald räkning – ring oss"
    old, new = (ask(house(), name, "63", AA=DEBARRED, AD="0").first("AF") for name in ("koha", "koha-24"))

    assert old == f"Greetings from Koha.  -- {comment} -- {comment} -- Invalid password"
    assert new == f"Greetings from Koha.  -- {comment} -- Invalid password"


def test_sierra_writes_zeros_for_the_zone_and_blanks_for_counts_of_nobody() -> None:
    known, unknown = (ask(house(), "sierra", "63", AA=card) for card in (GOOD, "999"))

    assert known.fixed_field("transaction_date") == "202611210000120000"
    assert (known.first("AO"), unknown.fixed[-24:]) == ("SKI ", " " * 24)


@pytest.mark.parametrize(
    ("summary", "identifier", "values"),
    [
        ("Y", "AS", ["30000000000007"]),
        ("     Y", "CD", ["30000000000013"]),
        ("  Y", "AU", []),
        ("", "AS", []),
        ("YY", "AT", []),
    ],
)
def test_one_list_is_given_at_a_time(summary: str, identifier: str, values: list[str]) -> None:
    said = ask(house(), "koha", "63", AA="2000000011", summary=summary)

    assert list(said.all(identifier)) == values
    assert (said.fixed_field("hold_count"), said.fixed_field("unavailable_count")) == ("0001", "0001")


def test_a_list_is_given_from_and_to_where_it_was_asked() -> None:
    said = ask(house(), "koha", "63", AA=GOOD, summary="  Y", BP="2", BQ="2")

    assert said.all("AU") == ("30000000000013",)


@pytest.mark.parametrize(
    ("dialect", "location", "return_date", "ok", "told"),
    [
        ("quria", "SKI-1", BLANK_TIMESTAMP, "1", ("CV", "04")),
        ("quria", "SKI-1", STAMP, "1", ("CL", "99")),
        ("quria", "SKI", BLANK_TIMESTAMP, "0", ("CV", "99")),
        ("koha", "SKI", STAMP, "1", ("CV", "04")),
        ("koha", "HUV", STAMP, "1", ("CV", None)),
    ],
)
def test_where_an_item_is_returned_is_told_by_the_location_and_where_it_goes_by_the_answer(
    dialect: str, location: str, return_date: str, ok: str, told: tuple[str, str | None]
) -> None:
    said = ask(house(), dialect, "09", AP=location, AB="30000000000012", return_date=return_date)

    assert (said.fixed_field("ok"), said.first(told[0])) == (ok, told[1])


@pytest.mark.parametrize(
    ("item", "destination"),
    [
        ("30000000000007", "01"),
        ("30000000000014", "02"),
        ("30000000000012", "04"),
        ("999", "99"),
        ("30000000000003", None),
    ],
)
def test_a_return_tells_where_the_item_goes(item: str, destination: str | None) -> None:
    assert ask(house(), "koha", "09", AP="SKI", AB=item).first("CV") == destination


def test_a_strict_system_cannot_read_blank_dates_and_folio_no_zeros_for_the_zone() -> None:
    blank = {"nb_due_date": BLANK_TIMESTAMP, "AA": GOOD, "AB": ITEM}
    zeros = {"transaction_date": "202611210000120000", "AA": GOOD}

    assert ask(house(), "standard", "11", **blank) is NoAnswer.UNREADABLE
    assert ask(house(), "koha", "11", **blank).fixed_field("ok") == "1"
    assert ask(house(), "folio", "23", **zeros) is NoAnswer.UNREADABLE
    assert isinstance(ask(house(), "sierra", "23", **zeros), RawMessage)


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("09", {"AB": "30000000000011", "AP": "SKI"}),
        ("15", {"AA": GOOD, "AB": ITEM, "hold_mode": "+", "BS": "NOWHERE"}),
        ("15", {"AA": GOOD, "AB": ITEM, "hold_mode": "?", "BS": "SKI"}),
        ("01", {"AA": "999"}),
    ],
)
def test_handlers_of_the_old_koha_die_of_these(code: str, fields: dict[str, str]) -> None:
    assert ask(house(), "koha", code, **fields) is NoAnswer.HANDLER_DIED


def test_a_payment_of_any_size_is_taken_by_koha_and_only_what_is_owed_by_others() -> None:
    library = house()
    assert ask(library, "polaris", "37", AA=OWING, BV="300.00").fixed_field("payment_accepted") == "N"

    for amount, left in (("1,50", 249_00), ("-5", 254_00), ("300", -46_00)):
        assert ask(library, "koha", "37", AA=OWING, BV=amount).fixed_field("payment_accepted") == "Y"
        patron = library.patron(OWING)
        assert patron is not None
        assert patron.fees_minor == left


def test_a_loan_with_a_fee_waits_for_a_yes_and_a_loan_can_be_undone_where_the_system_can() -> None:
    library, costly = house(), "30000000000016"

    asked = ask(library, "koha", "11", AA=GOOD, AB=costly)
    taken = ask(library, "koha", "11", AA=GOOD, AB=costly, BO="Y")
    undone = ask(library, "standard", "11", AA=GOOD, AB=costly, BI="Y")

    assert (asked.fixed_field("ok"), asked.first("AF"), asked.first("BV"), asked.first("BT")) == (
        "0",
        None,
        "20.00",
        "06",
    )
    assert [taken.fixed_field("ok"), undone.fixed_field("ok")] == ["1", "1"]
    assert ask(library, "standard", "17", AB=costly).fixed_field("circulation_status") == "03"


def test_the_newer_koha_lends_through_every_block_when_told_not_to_block() -> None:
    fields = {"AA": DEBARRED, "AB": ITEM, "no_block": "Y"}

    assert [ask(house(), name, "11", **fields).fixed_field("ok") for name in ("koha", "koha-24")] == ["0", "1"]


def test_quria_renews_by_a_loan_only() -> None:
    loan = {"AA": GOOD, "AB": "30000000000012"}
    library = house()

    assert ask(library, "quria", "29", **loan).fixed_field("ok") == "0"
    assert ask(library, "quria", "11", renewal_policy="Y", **loan).fixed_field("renewal_ok") == "Y"
    assert ask(library, "quria", "11", renewal_policy="N", **loan).fixed_field("ok") == "0"


def test_everything_is_renewed_that_can_be_if_the_pin_is_right() -> None:
    library = house()

    refused = ask(library, "koha", "65", AA="2000000010", AD="0")
    done = ask(library, "koha", "65", AA="2000000010", AD="7305")

    assert (refused.fixed_field("ok"), done.fixed_field("ok")) == ("0", "1")
    assert (done.all("BM"), done.all("BN")) == (("30000000000003",), ("30000000000004",))


def test_what_a_dialect_does_not_have_is_odd_in_its_own_way() -> None:
    unknown = RawMessage("71", "")
    ways = {name: answer(Desk(house(), "SKI", DIALECTS[name], NOW), unknown) for name in ("koha", "evergreen")}

    assert ways == {"koha": Odd.ASK_AGAIN, "evergreen": Odd.CLOSE}


@pytest.mark.parametrize("escaped", ["&#124;", ""])
def test_a_delimiter_never_leaves_inside_a_value(escaped: str) -> None:
    dialect = replace(DIALECTS["koha"], escaped_delimiter=escaped)
    said = answer(
        Desk(house(), "SKI", dialect, NOW), build("17", {"transaction_date": STAMP}, [("AB", "30000000000018")])
    )

    assert isinstance(said, RawMessage)
    assert said.first("AJ") == f'Titel med {escaped} streck, "citat" & <tagg> – år 1984'


RECORDED = Path(__file__).parents[3] / "golden/koha/sip2.jsonl"
SITES_OWN = {"XE", "XB"}
"""Fields that this register has and the recorded one had not."""


@pytest.mark.parametrize(
    ("case", "code", "fields"),
    [
        ("patron-info/good/right-pin", "63", {"AA": GOOD, "AD": "7305"}),
        ("patron-status/good/wrong-pin", "23", {"AA": GOOD, "AD": "0"}),
        ("patron-info/good/no-AD", "63", {"AA": GOOD}),
        ("checkout/ok", "11", {"AA": GOOD, "AB": ITEM}),
        ("checkout/patron-debarred", "11", {"AA": DEBARRED, "AB": ITEM}),
        ("checkout/unknown-patron", "11", {"AA": "999", "AB": ITEM}),
        ("checkout/item-dvd-fee-not-acknowledged", "11", {"AA": GOOD, "AB": "30000000000016"}),
        ("checkin/not-on-loan", "09", {"AB": ITEM, "AP": "SKI"}),
        ("checkin/needs-transfer-home-alert04", "09", {"AB": "30000000000012", "AP": "SKI"}),
        ("checkin/hold-for-other-branch-alert02", "09", {"AB": "30000000000014", "AP": "SKI"}),
        ("checkin/unknown-barcode", "09", {"AB": "999", "AP": "SKI"}),
        ("item-info/loan1", "17", {"AB": "30000000000003"}),
        ("item-info/hold_sala", "17", {"AB": "30000000000006"}),
        ("renew/ok", "29", {"AA": "2000000010", "AB": "30000000000003"}),
        ("renew/max-renewals", "29", {"AA": "2000000010", "AB": "30000000000004"}),
        ("hold/add-duplicate", "15", {"AA": GOOD, "AB": ITEM, "hold_mode": "+", "BS": "SKI"}),
        ("hold/add-unknown-item", "15", {"AA": GOOD, "AB": "999", "hold_mode": "+", "BS": "SKI"}),
        ("fee/remaining-exact", "37", {"AA": "2000000014", "BV": "45.50", "BK": "TX2"}),
        ("end-session/ok", "35", {"AA": GOOD}),
        ("sc-status/v2", "99", {}),
    ],
)
def test_the_koha_dialect_sends_the_fields_of_a_recorded_koha_in_its_order(
    case: str, code: str, fields: dict[str, str]
) -> None:
    lines = (json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines())
    recorded = decode(next(line["response"] for line in lines if line["case"] == case).encode("latin-1"))

    said = ask(house(), "koha", code, **fields)

    ours = [name for name, _ in said.fields if name not in SITES_OWN]
    assert ours == [name for name, _ in recorded.fields]
    assert (said.code, said.fixed[:1]) == (recorded.code, recorded.fixed[:1])
