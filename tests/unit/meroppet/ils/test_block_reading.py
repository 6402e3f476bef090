"""How the 14 status characters become facts, for registers that say more and less than others."""

from datetime import date

import pytest

from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import EVERGREEN, KOHA, KOHA_SUOMI, PRESETS, STANDARD, CardEcho, SiteProfile
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
        (CardEcho.REGISTER_DECIDES, "77", True),
        (CardEcho.REGISTER_DECIDES, "", False),
    ],
)
def test_the_echoed_card_must_be_the_one_asked_for(echo: CardEcho, echoed: str | None, same: bool) -> None:
    assert is_same_card(SiteProfile("x", card_echo=echo), "a1", echoed) is same


def test_an_answer_without_a_card_is_no_answer() -> None:
    answer = patron_answer(
        KOHA, PatronView(build("64", {}, [("BL", "Y"), ("CQ", "Y")])), "1", pin_sent=True, today=TODAY
    )

    assert answer.cause is UnavailableCause.WRONG_PATRON
