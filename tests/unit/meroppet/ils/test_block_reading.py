"""How the 14 status characters become facts, for registers that say more and less than others."""

from datetime import date

import pytest

from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import EVERGREEN, KOHA, KOHA_SUOMI, PRESETS, STANDARD, CardEcho, SiteProfile, changed
from meroppet.ils.sip2_answers import is_same_card, patron_answer, patron_facts
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.messages import build
from meroppet.sip2.views import PatronView

TODAY = date(2026, 11, 21)


def view(status: str = "", *fields: tuple[str, str]) -> PatronView:
    return PatronView(build("64", {"patron_status": status}, [("AA", "1"), ("AE", "N"), ("BL", "Y"), *fields]))


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_an_unexplained_block_is_a_block_everywhere(profile: SiteProfile) -> None:
    facts = patron_facts(profile, view("YYYY", ("PA", "1")), TODAY)

    assert facts.debarred
    assert facts.blocked_from_borrowing


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("fields", [[], [("CQ", "")], [("CQ", "?")]])
def test_a_pin_is_only_right_when_the_register_says_so(profile: SiteProfile, fields: list[tuple[str, str]]) -> None:
    answer = patron_answer(profile, view("", *fields), "1", pin_sent=True, today=TODAY)

    assert answer.pin is PinAnswer.UNKNOWN


def test_a_yes_to_a_pin_that_was_not_sent_is_no_yes() -> None:
    answer = patron_answer(STANDARD, view("", ("CQ", "Y")), "1", pin_sent=False, today=TODAY)

    assert answer.pin is PinAnswer.UNKNOWN


@pytest.mark.parametrize("valid", ["", "N", "?"])
def test_a_right_pin_of_a_patron_who_is_not_valid_is_no_yes(valid: str) -> None:
    said = PatronView(build("64", {}, [("AA", "1"), ("AE", "N"), ("BL", valid), ("CQ", "Y")]))

    answer = patron_answer(STANDARD, said, "1", pin_sent=True, today=TODAY)

    assert answer.pin is PinAnswer.UNKNOWN
    assert answer.facts is not None
    assert not answer.facts.valid


def test_a_restriction_hidden_behind_a_debt_is_still_a_restriction() -> None:
    said = "Greetings from Koha.  -- Patron owes 250.00 -- Spärrad"

    facts = patron_facts(KOHA, view("YYYY      YY", ("BV", "250"), ("AF", said)), TODAY)

    assert facts.debarred


@pytest.mark.parametrize(("fields", "kept_out"), [([("PA", "1")], False), ([("PA", "0")], True), ([], True)])
def test_where_the_site_says_who_may_enter_silence_is_a_no(fields: list[tuple[str, str]], kept_out: bool) -> None:
    assert patron_facts(KOHA_SUOMI, view("", *fields), TODAY).debarred is kept_out


def test_the_same_field_means_another_thing_at_another_site() -> None:
    said = view("", ("PA", "20270101"))

    assert patron_facts(EVERGREEN, said, TODAY).expires == date(2027, 1, 1)
    assert patron_facts(KOHA, said, TODAY).expires is None


def test_an_odd_birth_date_is_no_birth_date() -> None:
    assert patron_facts(KOHA, view("", ("PB", "\x01junk")), TODAY).birth_date is None


@pytest.mark.parametrize(
    ("echo", "echoed", "same"),
    [
        (CardEcho.EXACT, "a1", True),
        (CardEcho.EXACT, "A1", False),
        (CardEcho.CASEFOLD, "A1 ", True),
        (CardEcho.CASEFOLD, "A2", False),
        (CardEcho.CASEFOLD, None, False),
    ],
)
def test_the_echoed_card_must_be_the_one_asked_for(echo: CardEcho, echoed: str | None, same: bool) -> None:
    assert is_same_card(SiteProfile("x", card_echo=echo), "a1", echoed) is same


@pytest.mark.parametrize("echo", list(CardEcho))
@pytest.mark.parametrize("other", ["77", "a12", "", " ", None])
def test_no_profile_can_say_that_another_card_will_do(echo: CardEcho, other: str | None) -> None:
    assert not is_same_card(SiteProfile("x", card_echo=echo), "a1", other)


def test_an_answer_without_a_card_is_no_answer() -> None:
    answer = patron_answer(
        KOHA, PatronView(build("64", {}, [("BL", "Y"), ("CQ", "Y")])), "1", pin_sent=True, today=TODAY
    )

    assert answer.cause is UnavailableCause.WRONG_PATRON


@pytest.mark.parametrize(
    ("value", "kept_out"), [("JA", False), (" ja på huvudbiblioteket", True), ("1", True), ("", True), (None, True)]
)
def test_only_the_values_a_site_names_let_in(value: str | None, kept_out: bool) -> None:
    site = changed(KOHA, {"fields": {"may_enter": "XM", "may_enter_if": ["JA"]}})
    said = [] if value is None else [("XM", value)]

    assert patron_facts(site, view("", *said), TODAY).debarred is kept_out


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_a_debt_hides_a_restriction_nowhere_but_where_words_would_tell_of_one(profile: SiteProfile) -> None:
    facts = patron_facts(profile, view("YYYY      YY", ("PA", "1"), ("BV", "250")), TODAY)

    assert facts.debarred is (profile.blocks.harmless_text is None)
    assert facts.blocked_from_borrowing


def test_a_site_may_say_which_character_means_what() -> None:
    site = changed(STANDARD, {"blocks": {"may_not_enter": [9], "may_not_borrow": [2], "lost": [13]}})

    only_borrowing = patron_facts(site, view("Y Y"), TODAY)
    assert (only_borrowing.debarred, only_borrowing.blocked_from_borrowing, only_borrowing.lost) == (False, True, False)
    only_entry = patron_facts(site, view("         Y"), TODAY)
    assert (only_entry.debarred, only_entry.blocked_from_borrowing) == (True, False)
    assert patron_facts(site, view("             Y"), TODAY).lost


def test_a_wrong_pin_at_sierra_blocks_for_the_moment_and_is_wrong() -> None:
    said = view("Y  YYYYYYYYYYY", ("CQ", "N"), ("AF", "Invalid PIN entered."))

    answer = patron_answer(PRESETS["sierra"], said, "1", pin_sent=True, today=TODAY)

    assert answer.pin is PinAnswer.WRONG
    assert answer.facts is not None
    assert answer.facts.debarred


def test_dates_come_as_each_system_writes_them() -> None:
    polaris = patron_facts(
        PRESETS["polaris"], view("", ("BC", "19710101    000000"), ("PX", "20180609    235959"), ("PA", "7")), TODAY
    )
    evergreen = patron_facts(EVERGREEN, view("", ("PB", "19640101"), ("PA", "2025-05-20"), ("AQ", "BR1")), TODAY)
    own = changed(STANDARD, {"fields": {"birth_date": "PD", "date_formats": ["%m/%d/%Y"]}})

    assert (polaris.birth_date, polaris.expires, polaris.category) == (date(1971, 1, 1), date(2018, 6, 9), "7")
    assert (evergreen.birth_date, evergreen.expires, evergreen.home) == (date(1964, 1, 1), date(2025, 5, 20), "BR1")
    assert patron_facts(own, view("", ("PD", "11/15/2005")), TODAY).birth_date == date(2005, 11, 15)


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize(
    "said",
    [[("CQ", "Y"), ("CQ", "N")], [("CQ", "N"), ("CQ", "Y")], [("CQ", "Y"), ("BL", "N")], [("CQ", "Y"), ("CQ", "")]],
)
def test_a_yes_and_a_no_together_are_no_yes(profile: SiteProfile, said: list[tuple[str, str]]) -> None:
    answer = patron_answer(profile, view("", *said), "1", pin_sent=True, today=TODAY)

    assert answer.pin is not PinAnswer.RIGHT


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_an_answer_about_two_patrons_is_about_neither(profile: SiteProfile) -> None:
    answer = patron_answer(profile, view("", ("AA", "2"), ("CQ", "Y")), "1", pin_sent=True, today=TODAY)

    assert answer.cause is UnavailableCause.WRONG_PATRON


@pytest.mark.parametrize("told", [("PA", "1", "0"), ("PA", "0", "1")])
def test_a_permission_given_and_refused_is_none(told: tuple[str, str, str]) -> None:
    identifier, first, second = told

    assert patron_facts(KOHA_SUOMI, view("", (identifier, first), (identifier, second)), TODAY).debarred


def test_two_birth_dates_are_none() -> None:
    assert patron_facts(KOHA, view("", ("PB", "19800101"), ("PB", "20200101")), TODAY).birth_date is None


@pytest.mark.parametrize("told", ["99999999", "31/12/2019", "20191332", "2019", "x"])
def test_an_end_that_cannot_be_read_has_passed(told: str) -> None:
    assert patron_facts(KOHA, view("", ("XE", told)), TODAY).expires == date(2026, 11, 20)


@pytest.mark.parametrize("told", ["", " ", "00000000", "0000-00-00"])
def test_zeros_and_blanks_are_no_end(told: str) -> None:
    assert patron_facts(KOHA, view("", ("XE", told)), TODAY).expires is None
