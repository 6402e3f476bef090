"""The demo's people, books and branches say what they are there to show."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from demo.books import BOOKS
from demo.check import EVENING, NIGHT
from demo.consortia import CHOICES, CONSORTIA, Place, place, places
from demo.decisions import decisions
from demo.people import CLEANER, ODD_CARDS, OTHER_BORROWER, PEOPLE, number_at, shown_by
from meroppet.rules.branch import BranchState
from meroppet.rules.credentials import Pin, card_from_bytes, card_from_text, pin_from_digits
from meroppet.rules.exceptions import Level
from meroppet.rules.hours import Hours
from meroppet.rules.reasons import Reason
from meroppet.rules.weak_pins import is_weak
from server.schedules.holidays import HOLIDAYS_SE, resolve

TODAY = date(2026, 3, 1)
PERSONAL = {
    Reason.GRANTED,
    Reason.SUSPENDED,
    Reason.NO_PERMISSION,
    Reason.PERMISSION_EXPIRED,
    Reason.CARD_EXPIRED,
    Reason.CARD_LOST,
    Reason.ILS_BLOCK,
    Reason.FEES,
    Reason.CATEGORY,
    Reason.UNDERAGE,
    Reason.FACTS_INCOMPLETE,
    Reason.BORROWING_BLOCKED,
    Reason.TERMS_MISSING,
    Reason.TERMS_DECLINED,
    Reason.TERMS_WITHDRAWN,
    Reason.INTRODUCTION_MISSING,
    Reason.GUEST_NOT_APPROVED,
    Reason.GUESTS_REFUSED,
    Reason.GUARDIAN_MISSING,
    Reason.WEAK_PIN,
}
"""Every way a visit with the right PIN can end that depends on the person."""


def test_the_patrons_cover_every_reason_a_person_can_have() -> None:
    met = {person.at_the_door(place.branch, TODAY) for place in places() for person in PEOPLE}

    assert met == PERSONAL


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31), date(2031, 3, 1)])
@pytest.mark.parametrize("place", places(), ids=lambda place: place.branch.id)
def test_what_a_patron_shows_does_not_change_with_the_years(place: Place, today: date) -> None:
    for person in PEOPLE:
        assert person.at_the_door(place.branch, today) is person.at_the_door(place.branch, TODAY), person.id


@pytest.mark.parametrize("place", places(), ids=lambda place: place.branch.id)
def test_a_shown_card_or_tag_is_the_number_the_register_knows(place: Place) -> None:
    for person in PEOPLE:
        shown = shown_by(person, place.branch)
        read = card_from_bytes(shown) if isinstance(shown, bytes) else card_from_text(shown)

        assert read is not None
        assert read.value == number_at(person, place.branch)


def test_numbers_and_pins_are_used_once_and_can_be_typed() -> None:
    everybody = (*PEOPLE, OTHER_BORROWER)

    assert len({person.card for person in everybody}) == len(everybody)
    assert len({person.pin for person in everybody}) == len(everybody)
    assert all(pin_from_digits(person.pin) for person in everybody)


def test_the_odd_cards_are_an_unknown_one_a_tag_and_one_that_can_be_no_card() -> None:
    readable = {card.reason: card_from_text(card.text) is not None for card in ODD_CARDS}

    assert readable == {Reason.UNKNOWN_CARD: True, Reason.PASS_NOT_NOW: True, Reason.INVALID_CARD: False}
    assert not is_weak(Pin(CLEANER.pin), None)


def test_the_consortia_have_their_members() -> None:
    assert {consortium.id: len(consortium.municipalities) for consortium in CONSORTIA} == {
        "vastmanland": 10,
        "bergslagsbibblan": 9,
        "dalabiblioteken": 15,
        "umearegionen": 6,
    }


def test_municipality_codes_are_official_in_form_and_used_once() -> None:
    codes = [municipality.code for consortium in CONSORTIA for municipality in consortium.municipalities]

    assert len(set(codes)) == 40
    assert all(len(code) == 4 and code.isdigit() for code in codes)


HOURS = {
    "skiljebo": (6, 22, 18),
    "skinnskattebergs-bibliotek": (8, 21, 18),
    "nora-bibliotek": (8, 22, 18),
    "lindesbergs-bibliotek": (7, 22, 16),
    "alvdalens-bibliotek": (6, 22, 18),
    "tegs-bibliotek": (6, 22, 18),
}


@pytest.mark.parametrize("place", places(), ids=lambda place: place.branch.id)
def test_branches_open_and_shut_as_published_and_ask_for_the_published_age(place: Place) -> None:
    opens, closes, age = HOURS[place.branch.id]
    schedule = place.branch.schedule

    def state(day: int, hour: int, minute: int) -> BranchState:
        moment = datetime.combine(date(2026, 3, day), time(hour, minute), ZoneInfo(schedule.zone))
        return Hours(schedule).state_at(moment).state

    for day in range(2, 9):
        assert state(day, opens - 1, 59) is BranchState.CLOSED
        assert state(day, opens, 0) is BranchState.SELF_SERVICE
        assert state(day, closes - 1, 59) is BranchState.SELF_SERVICE
        assert state(day, closes, 0) is BranchState.CLOSED
    assert state(2, 12, 0) is BranchState.STAFFED
    assert place.branch.policy.minimum_age == age


YEAR = [date(2026, 1, 1) + timedelta(days=days) for days in range(365)]


@pytest.mark.parametrize("place", places(), ids=lambda place: place.branch.id)
def test_on_every_day_the_evening_is_self_service_and_the_night_is_closed(place: Place) -> None:
    hours = Hours(replace(place.branch.schedule, holidays=resolve("SE", YEAR[0], YEAR[-1])))

    for day in YEAR:
        evening, night = (datetime.combine(day, at, hours.zone) for at in (EVENING, NIGHT))
        assert hours.state_at(evening).state is BranchState.SELF_SERVICE, day
        assert hours.state_at(night).state is BranchState.CLOSED, day


@pytest.mark.parametrize("branch", ["nora-bibliotek", "skiljebo"])
def test_some_branches_have_a_season_and_a_rule_for_every_kind_of_day(branch: str) -> None:
    schedule = place(branch).branch.schedule
    hours = Hours(replace(schedule, holidays=resolve("SE", YEAR[0], YEAR[-1])))

    def rule(day: date) -> str:
        return str(hours.state_at(datetime.combine(day, time(10, 30), hours.zone)).rule)

    assert [rule(date(2026, 7, 1)), rule(date(2026, 12, 24)), rule(date(2026, 9, 1))] == [
        "season:sommar",
        "holiday:julafton",
        "week",
    ]
    assert {rule.key for rule in schedule.holiday_rules} <= {name.key for name in HOLIDAYS_SE}


@pytest.mark.parametrize("today", YEAR[::17])
def test_what_has_been_decided_is_to_come_on_three_levels_and_leaves_the_day_itself_alone(today: date) -> None:
    made = decisions(today)

    assert {exception.level for exception in made.values()} == {Level.CONSORTIUM, Level.MUNICIPALITY, Level.BRANCH}
    for exception in made.values():
        assert all(today < days.first <= days.last < today + timedelta(days=30) for days in exception.days)
        assert {lang for lang, _ in exception.reasons} == {"sv", "en"}


def test_every_choice_is_a_branch_that_its_municipality_belongs_to() -> None:
    assert set(CHOICES.values()) == {place.branch.id for place in places()}


def test_the_books_cover_every_way_an_item_can_end() -> None:
    assert {"transit": sum(bool(book.owner) for book in BOOKS), "reserved": sum(book.reserved for book in BOOKS)} == {
        "transit": 1,
        "reserved": 1,
    }
    assert sum(not book.for_loan for book in BOOKS) == 1
    assert len({book.barcode for book in BOOKS}) == len(BOOKS) == 12
