"""What a recorded Koha said of its patrons and their PINs, read through its profile, and what a door decides on it."""

from datetime import UTC, date, datetime

import pytest

from meroppet.ils.ports import PatronAnswer, PatronReason, UnavailableCause
from meroppet.ils.profiles import KOHA, PRESETS
from meroppet.ils.sip2_answers import patron_answer
from meroppet.rules.access import Answer, Site, decide, settled
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.eligibility import DEFAULT_BLOCKS, Block, PatronFacts, Policy, Right, may_borrow
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason
from meroppet.sip2.codec import decode
from meroppet.sip2.views import PatronView
from tests.golden.koha.recording import RECORDS, answered, cases, request, response

NOW = datetime(2026, 11, 21, 21, 34, tzinfo=UTC)
TODAY = date(2026, 11, 21)
KEYS = {
    "2000000001": "good", "2000000002": "expired", "2000000003": "debarred", "2000000004": "fines",
    "2000000005": "child", "2000000006": "lostcard", "2000000007": "gna", "2000000008": "locked",
    "2000000009": "overdue", "2000000010": "loans", "2000000011": "waiting", "2000000012": "holdsala",
    "2000000013": "nopin", "2000000014": "smallfine", "2000000015": "sala", "2000000016": "skiljebo",
    "2000000017": "wasdebarred", "2000000018": "pipename", "2000000019": "staff", "2000000020": "childfull",
    "2000000021": "expsoon", "2000000022": "tempdebarred",
}  # fmt: skip
PATRONS = [case for case in (*answered("24"), *answered("64")) if case.startswith(("patron-status/", "patron-info/"))]
OWN = [case for case in PATRONS if case.split("/")[1] in KEYS.values()]
"""The cases about one patron each, in every state there is."""


def patron(case: str, card: str | None = None) -> PatronAnswer:
    """The port's answer to a recorded question."""
    asked = request(case)
    view = PatronView(response(case))
    return patron_answer(KOHA, view, card or asked.first("AA") or "", pin_sent=bool(asked.first("AD")), today=TODAY)


def facts_of(case: str) -> PatronFacts:
    facts = patron(case).facts
    assert facts is not None
    return facts


def verdict(case: str, *, minimum_age: int = 0, blocks: frozenset[Block] = DEFAULT_BLOCKS) -> Reason:
    """What a door says to a patron whom staff have given the right to come in."""
    answer = patron(case)
    site = Site(
        now=NOW,
        today=TODAY,
        clock=ClockTrust.NTP,
        state=BranchState.SELF_SERVICE,
        policy=Policy(minimum_age=minimum_age, blocks=blocks),
    )
    told = Answer(
        pin=answer.pin,
        facts=answer.facts,
        as_of=NOW,
        right=Right(permitted=True),
        contradiction=answer.cause is UnavailableCause.WRONG_PATRON,
    )
    return decide(site, told).reason


@pytest.mark.parametrize(
    ("key", "flags", "said"),
    [
        *((key, "", "") for key in ("good", "overdue", "child", "childfull", "expsoon", "wasdebarred", "locked")),
        ("smallfine", "", "Patron owes 45.50"),
        ("expired", "YYYY", "PATRON EXPIRED"),
        ("debarred", "YYYY", "Spärrad: obetald räkning – kontakta biblioteket -- Spärrad: obetald räkning"),
        ("tempdebarred", "YYYY", "till och med 2026-12-01 -- Avstängd från meröppet till och med 2026-12-01"),
        ("fines", "YYYY      YY", "Patron owes 250.00"),
        ("lostcard", "YYYYY", "Borrower's card reported lost."),
        ("gna", "YYYYY", "no valid address"),
    ],
)
def test_the_status_of_each_patron_is_as_it_was_read(key: str, flags: str, said: str) -> None:
    of_her = [case for case in OWN if case.split("/")[1] == key]

    assert of_her
    for case in of_her:
        view = PatronView(response(case))
        assert view.raw.fixed_field("patron_status") == flags.ljust(14), case
        assert view.is_valid, case
        assert said in " ".join(view.messages), case
        assert "Greetings from Koha." in " ".join(view.messages), case


@pytest.mark.parametrize("case", [case for case in OWN if "locked" not in case])
def test_the_pin_answer_is_what_cq_says_and_only_that(case: str) -> None:
    asked, answer = request(case), patron(case)
    right = {"nopin": None, "pipename": "pä55wörd", "staff": None}.get(case.split("/")[1], "1234")

    if not asked.first("AD"):
        assert answer.pin is PinAnswer.UNKNOWN
    elif asked.first("AD") == right:
        assert answer.pin is PinAnswer.RIGHT
    else:
        # Of `staff`, whose PIN ends in "!", the recording has only questions in which Koha cut it.
        assert answer.pin is PinAnswer.WRONG


def test_without_ad_63_says_nothing_of_the_pin_and_23_says_no() -> None:
    for case in OWN:
        if request(case).first("AD") is None:
            assert response(case).first("CQ") == ("N" if response(case).code == "24" else None), case


def test_12_never_has_cq() -> None:
    assert len(answered("12")) > 30
    assert all(response(case).first("CQ") is None for case in answered("12"))


@pytest.mark.parametrize("key", ["debarred", "tempdebarred"])
def test_a_blocked_patron_with_the_right_pin_is_refused(key: str) -> None:
    case = f"patron-status/{key}/right-pin"
    view = PatronView(response(case))
    assert (view.is_valid, view.pin_is_right) == (True, True)

    assert patron(case).pin is PinAnswer.RIGHT
    assert verdict(case) is Reason.ILS_BLOCK
    assert may_borrow(facts_of(case), TODAY) is Reason.BORROWING_BLOCKED


def test_an_expired_patron_with_the_right_pin_is_refused_by_what_the_message_says() -> None:
    case = "patron-info/expired/summary-charged"

    assert facts_of(case).expires == date(2026, 11, 20)
    assert not facts_of(case).debarred
    assert verdict(case) is Reason.CARD_EXPIRED
    assert may_borrow(facts_of(case), TODAY) is Reason.CARD_EXPIRED


def test_a_debt_stops_loans_and_stops_the_door_only_where_the_branch_says_so() -> None:
    facts = facts_of("patron-info/fines/right-pin")

    assert (facts.fees_minor, facts.blocked_from_borrowing, facts.debarred) == (25_000, True, False)
    assert may_borrow(facts, TODAY) is Reason.BORROWING_BLOCKED
    assert verdict("patron-info/fines/right-pin") is Reason.GRANTED
    assert verdict("patron-info/fines/right-pin", blocks=DEFAULT_BLOCKS | {Block.FEES}) is Reason.FEES


def test_a_small_debt_is_told_without_fixed_decimals_and_blocks_nothing() -> None:
    facts = facts_of("patron-info/smallfine/no-AD")

    assert (facts.fees_minor, facts.blocked_from_borrowing) == (4_550, False)
    assert facts_of("patron-info/good/right-pin").fees_minor == 0


@pytest.mark.parametrize("key", ["lostcard", "gna"])
def test_a_lost_card_and_a_missing_address_are_refused_as_lost(key: str) -> None:
    found = [case for case in OWN if case.split("/")[1] == key and patron(case).pin is PinAnswer.RIGHT]

    assert found
    assert {verdict(case) for case in found} == {Reason.CARD_LOST}


@pytest.mark.parametrize("key", ["good", "overdue", "expsoon", "wasdebarred", "smallfine", "waiting", "loans"])
def test_overdues_ended_restrictions_and_cards_that_expire_soon_stop_nobody(key: str) -> None:
    found = [case for case in OWN if case.split("/")[1] == key and patron(case).pin is PinAnswer.RIGHT]

    assert found
    assert {verdict(case) for case in found} == {Reason.GRANTED}
    assert {may_borrow(facts_of(case), TODAY) for case in found} == {Reason.GRANTED}


def test_the_loan_limit_sets_no_flag() -> None:
    assert not facts_of("patron-status/childfull/right-pin").blocked_from_borrowing


def test_a_child_is_told_only_by_category_and_birth_date() -> None:
    found = next(case for case in OWN if "info/child/" in case and patron(case).pin is PinAnswer.RIGHT)
    facts = facts_of(found)

    assert (facts.category, facts.birth_date is not None and facts.birth_date.year) == ("BARN", 2016)
    assert verdict(found, minimum_age=15) is Reason.UNDERAGE
    # 24 has neither, and some patrons' 64 has no birth date: an age that nobody knows is no age.
    assert verdict("patron-status/child/right-pin", minimum_age=15) is Reason.FACTS_INCOMPLETE
    assert verdict("patron-info/wasdebarred/right-pin", minimum_age=15) is Reason.FACTS_INCOMPLETE


def test_a_locked_card_looks_like_a_wrong_pin() -> None:
    right = [case for case in OWN if case.split("/")[1] == "locked" and request(case).first("AD") == "1234"]

    assert right
    for case in right:
        assert patron(case).pin is PinAnswer.WRONG
        assert verdict(case) is Reason.WRONG_PIN
        assert PatronView(response(case)).flags == frozenset()
    assert "Invalid password" in PatronView(response("patron-info/locked/right-pin")).messages[0]


def test_three_wrong_pins_lock_and_so_do_three_empty_ones() -> None:
    assert KOHA.wrong_pins_until_locked == 3
    for case in ("right-pin-after-3-empty", "right-pin-afterwards", "right-pin-afterwards-23"):
        assert request(f"lockout/{case}").first("AD") == "1234"
        assert patron(f"lockout/{case}").pin is PinAnswer.WRONG
    assert all(request(case).first("AD") == "" for case in cases("lockout/empty-pin-63-"))

    assert patron("lockout/right-pin-after-2-wrong-resets").pin is PinAnswer.RIGHT


@pytest.mark.parametrize("case", [case for case in OWN if request(case).first("AD") == ""])
def test_no_answer_to_an_empty_pin_opens_anything(case: str) -> None:
    # Koha calls the empty PIN of a patron without one right.
    assert PatronView(response(case)).pin_is_right is ("nopin" in case and response(case).code == "64")

    assert patron(case).pin is PinAnswer.UNKNOWN
    assert verdict(case) is Reason.PIN_NOT_VERIFIED


@pytest.mark.parametrize(
    "case", ["patron-info/card-unknown", "patron-status/card-unknown", "patron-info/card-personnummer-with-dash"]
)
def test_an_unknown_card_has_no_cq_and_is_refused(case: str) -> None:
    answer = patron(case)

    assert response(case).first("CQ") is None
    assert (answer.pin, answer.reason, answer.facts) == (PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD, None)
    assert verdict(case) is Reason.UNKNOWN_CARD
    assert settled(answer.pin, answer.facts) is Outcome.WRONG


@pytest.mark.parametrize("case", ["patron-info/card-userid-instead-of-card", "patron-info/pin-as-userid-lookup"])
def test_koha_answers_for_a_user_name_with_her_card_and_that_is_another_number(case: str) -> None:
    assert response(case).first("AA") == "2000000001"
    assert PatronView(response(case)).pin_is_right

    assert patron(case).cause is UnavailableCause.WRONG_PATRON
    assert verdict(case) is Reason.REGISTER_CONTRADICTION


def test_trailing_blanks_and_case_of_a_card_do_not_matter_leading_blanks_do() -> None:
    assert patron("patron-info/card-trailing-space").pin is PinAnswer.RIGHT
    assert patron("patron-info/card-leading-space").reason is PatronReason.NO_SUCH_CARD
    assert patron("patron-info/card-sip-account-as-card", "SIP_VASTERAS").facts is not None


@pytest.mark.parametrize("case", ["patron-info/other-institution-AO", "patron-info/unknown-institution-AO"])
def test_the_account_and_not_ao_decides_the_institution(case: str) -> None:
    assert request(case).first("AO") != "VASTERAS"

    assert response(case).first("AO") == "VASTERAS"
    assert patron(case).pin is PinAnswer.RIGHT


def test_only_the_first_kind_of_item_asked_for_is_listed() -> None:
    assert [response("patron-info/two-summary-flags").all(kind) for kind in ("AT", "AU", "AV", "CD")] == [()] * 4


def test_a_list_that_is_asked_for_up_to_the_first_item_has_two() -> None:
    asked, view = request("patron-info/start-end-BP1-BQ1"), PatronView(response("patron-info/start-end-BP1-BQ1"))

    assert (asked.first("BP"), asked.first("BQ")) == ("1", "1")
    assert view.raw.all("AU") == ("3000000000003", "3000000000004")


def test_holds_on_the_shelf_and_other_holds_are_told_apart() -> None:
    ready = next(case for case in OWN if "waiting/summary-hold" in case)
    assert patron(ready).holds_ready == 1
    assert response(ready).all("AS")

    good = response("patron-info/good/summary-unavailable")
    assert patron("patron-info/good/summary-unavailable").holds_ready == 0
    assert good.all("CD") == ("3000000000027",)


def test_a_fine_is_described_with_its_amount_last() -> None:
    (told,) = response("patron-info/fines/summary-fine").all("AV")

    assert told == "Förlorad bok: Bröderna Lejonhjärta 250.00"


def test_internet_is_for_those_who_are_neither_restricted_nor_expired() -> None:
    for case in OWN:
        if response(case).code == "64":
            flags = PatronView(response(case)).flags
            assert response(case).first("PI") == ("N" if 0 in flags else "Y"), case


def test_a_note_to_a_patron_is_no_block_and_her_name_keeps_its_delimiter() -> None:
    case = "patron-status/pipename/right-pin"

    assert "Hämta ditt nya kort" in PatronView(response(case)).messages[0]
    assert patron(case).name == 'Rut Rör|Streck "O\'Neil" & <Son>'
    assert verdict(case) is Reason.GRANTED


def test_an_answer_about_another_patron_is_no_answer() -> None:
    answer = patron("patron-info/good/right-pin", "2000000002")

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.WRONG_PATRON)
    assert answer.facts is None


def test_the_visitor_s_own_figures_are_read() -> None:
    answer = patron("patron-info/good/right-pin")

    assert (answer.patron_id, answer.name, answer.loans) == ("2000000001", "Åsa Öberg", 1)
    assert (facts_of("patron-info/good/right-pin").category, answer.language) == ("VUXEN", "006")
    overdue = next(case for case in OWN if "info/overdue/" in case)
    assert patron(overdue).loans_overdue == 1


@pytest.mark.parametrize("name", ["koha", "koha-24"])
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("YYYY|Greetings from Koha. Your account has expired as of 2026-10-01", Reason.CARD_EXPIRED),
        ("    |Greetings from Koha. Your card will expire on 2026-11-30", Reason.GRANTED),
        ("YYYY      YY|Greetings from Koha.  -- Patron blocked by fines", Reason.GRANTED),
        ("YYYY  Y|Greetings from Koha.  -- Patron has overdues", Reason.GRANTED),
        ("YYYY|Greetings from Koha.  -- Stökig på kvällarna", Reason.ILS_BLOCK),
        ("YYYY|Greetings from Koha.  -- ACCOUNT LOCKED", Reason.ILS_BLOCK),
        ("YYYY|Greetings from Koha. ", Reason.ILS_BLOCK),
    ],
)
def test_what_newer_releases_write_is_read_as_their_source_means_it(said: str, reason: Reason, name: str) -> None:
    # Not recorded: the texts are those of the source of 24.05; the sentence is composed.
    status, text = said.split("|")
    line = f"64{status.ljust(14)}00620261121    223438{'0000' * 6}AO|AA1|AEN|BLY|CQY|AF{text}|".encode()

    answer = patron_answer(PRESETS[name], PatronView(decode(line)), "1", pin_sent=True, today=TODAY)
    site = Site(
        now=NOW, today=TODAY, clock=ClockTrust.NTP, state=BranchState.SELF_SERVICE, policy=Policy(minimum_age=0)
    )

    assert (
        decide(site, Answer(pin=answer.pin, facts=answer.facts, as_of=NOW, right=Right(permitted=True))).reason
        is reason
    )


def test_every_patron_of_the_recording_is_asked_for() -> None:
    assert {KEYS[str(request(case).first("AA"))] for case in OWN} == {case.split("/")[1] for case in OWN}
    assert len({case.split("/")[1] for case in OWN}) == len(KEYS)
    assert len(RECORDS) > len(OWN)
