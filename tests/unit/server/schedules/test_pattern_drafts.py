"""Seasons, holidays, a host building and a closing plan in their forms: nothing is lost, nothing senseless is taken."""

from dataclasses import replace
from datetime import date

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import DEFAULT_WEEK, Interval, Window
from meroppet.rules.schedule import (
    ClosingPlan,
    HolidayRule,
    HostDay,
    HostHours,
    Schedule,
    Season,
    Treatment,
)
from server.schedules import closing_draft, holiday_draft, host_draft, season_draft
from server.schedules.holidays import HOLIDAYS_SE
from server.schedules.written import Wrong

KEYS = [name.key for name in HOLIDAYS_SE]
KINDS = {name.key: name.kind.value for name in HOLIDAYS_SE}
PLAIN = Schedule("Europe/Stockholm")
SHORT = ((Interval(600, 900, BranchState.STAFFED),),) * 5 + ((), ())
SUMMER = Season(id="sommar", name="Sommar", first=(6, 15), last=(8, 15), weekly=SHORT, valid_until=date(2029, 1, 1))
SEASON_FORM = {
    "name": "Sommar", "first-day": "15", "first-month": "6", "last-day": "15", "last-month": "8", "from": "",
    "until": "2029-01-01", "start-0-0": "10", "end-0-0": "15", "state-0-0": "staffed",
}  # fmt: skip


# --- Seasons


def test_a_season_survives_its_form() -> None:
    before = replace(PLAIN, seasons=(SUMMER,))

    draft = season_draft.from_season(SUMMER)

    assert season_draft.complaints(draft) == []
    assert season_draft.applied(draft, before) == before


def test_a_new_season_starts_from_the_ordinary_week_and_gets_an_id_that_says_which_it_is() -> None:
    draft = season_draft.fresh(PLAIN)
    named = replace(draft, written={**draft.written, "name": "Sommar på Skiljebo!"})

    made = season_draft.applied(named, PLAIN).seasons

    assert (made[0].id, made[0].weekly) == ("sommar-pa-skiljebo", DEFAULT_WEEK)
    assert season_draft.complaints(draft)[0].field == "name"


def test_two_seasons_of_one_name_have_ids_of_their_own() -> None:
    draft = season_draft.from_form(SEASON_FORM, "")

    twice = season_draft.applied(draft, season_draft.applied(draft, PLAIN))

    assert [season.id for season in twice.seasons] == ["sommar", "sommar-2"]


def test_no_season_takes_the_address_of_a_new_one() -> None:
    draft = season_draft.from_form({**SEASON_FORM, "name": "New"}, "")

    assert season_draft.applied(draft, PLAIN).seasons[0].id != season_draft.NEW


def test_a_changed_season_keeps_its_place_and_a_removed_one_is_gone() -> None:
    winter = replace(SUMMER, id="vinter", name="Vinter", first=(12, 1), last=(2, 28))
    before = replace(PLAIN, seasons=(SUMMER, winter))
    renamed = season_draft.from_form({**SEASON_FORM, "name": "Högsommar"}, "sommar")

    assert [season.name for season in season_draft.applied(renamed, before).seasons] == ["Högsommar", "Vinter"]
    gone = season_draft.from_form({}, "sommar").edited("remove")
    assert season_draft.complaints(gone) == []
    assert season_draft.applied(gone, before).seasons == (winter,)
    assert season_draft.from_form({"remove": "yes"}, "sommar").removed


@pytest.mark.parametrize(
    ("field", "value", "complained", "wrong"),
    [
        ("name", " ", "name", Wrong.MISSING),
        ("first-day", "31", "first-day", Wrong.DATE),
        ("last-day", "x", "last-day", Wrong.DATE),
        ("last-month", "13", "last-day", Wrong.DATE),
        ("from", "soon", "from", Wrong.DATE),
        ("from", "2030-01-01", "until", Wrong.ORDER),
        ("end-0-0", "99", "0-0", Wrong.TIME),
    ],
)
def test_what_makes_no_sense_in_a_season_is_named(field: str, value: str, complained: str, wrong: Wrong) -> None:
    found = season_draft.complaints(season_draft.from_form({**SEASON_FORM, field: value}, ""))

    assert [(complaint.field, complaint.wrong) for complaint in found] == [(complained, wrong)]


def test_the_last_of_february_is_a_day_of_the_year() -> None:
    draft = season_draft.from_form({**SEASON_FORM, "last-day": "29", "last-month": "2"}, "")

    assert season_draft.applied(draft, PLAIN).seasons[0].last == (2, 29)


# --- Holidays


def test_holiday_rules_survive_their_form_and_those_it_does_not_show_stay() -> None:
    rules = (
        HolidayRule(key="julafton", treatment=Treatment.SHORTER, window=Window(600, 900)),
        HolidayRule(key="juldagen", treatment=Treatment.CLOSED),
        HolidayRule(key="nationaldagen", treatment=Treatment.AS_USUAL),
        HolidayRule(key="somebody-elses", treatment=Treatment.CLOSED),
    )
    before = replace(PLAIN, holiday_rules=rules)

    after = holiday_draft.applied(holiday_draft.from_schedule(before, KEYS), before)

    assert set(after.holiday_rules) == set(rules)


def test_a_button_treats_all_holidays_of_a_kind_alike() -> None:
    draft = holiday_draft.edited(holiday_draft.from_schedule(PLAIN, KEYS), "all-holiday-self_service_only", KINDS)

    assert {line.treatment for line in draft if KINDS[line.key] == "holiday"} == {"self_service_only"}
    assert {line.treatment for line in draft if KINDS[line.key] == "eve"} == {""}
    assert holiday_draft.edited(draft, "all-holiday-party", KINDS) == draft
    assert holiday_draft.edited(draft, "review", KINDS) == draft


@pytest.mark.parametrize(
    ("treatment", "hours", "wrong"),
    [
        ("shorter", "", Wrong.HOURS),
        ("shorter", "10-12, 13-15", Wrong.HOURS),
        ("shorter", "x", Wrong.TIME),
        ("self_service_only", "10-10", Wrong.SAME),
        ("party", "", Wrong.STATE),
    ],
)
def test_what_makes_no_sense_on_a_holiday_is_named(treatment: str, hours: str, wrong: Wrong) -> None:
    form = {"treat-julafton": treatment, "hours-julafton": hours}

    found = holiday_draft.complaints(holiday_draft.from_form(form, KEYS))

    assert [complaint.wrong for complaint in found] == [wrong]


def test_hours_left_beside_a_choice_without_hours_are_not_asked_about() -> None:
    form = {"treat-julafton": "closed", "hours-julafton": "x"}

    draft = holiday_draft.from_form(form, KEYS)

    assert holiday_draft.complaints(draft) == []
    assert holiday_draft.applied(draft, PLAIN).holiday_rules == (
        HolidayRule(key="julafton", treatment=Treatment.CLOSED),
    )


# --- The building around a branch

HOST = HostHours(
    name="ICA Karby",
    weekly=((Window(420, 1260),),) * 7,
    holidays=(("julafton", (Window(480, 840),)), ("juldagen", ())),
    days=(HostDay(first=date(2027, 5, 1), last=date(2027, 5, 3), windows=()),),
)


def test_a_host_building_survives_its_form() -> None:
    before = replace(PLAIN, host=HOST)

    draft = host_draft.from_schedule(before)

    assert host_draft.complaints(draft) == []
    assert host_draft.applied(draft, before) == before


def test_without_a_building_nothing_of_its_form_is_looked_at() -> None:
    draft = host_draft.from_form({"host": "no", "start-0-0": "x", "end-0-0": "y"}, KEYS)

    assert host_draft.complaints(draft) == []
    assert host_draft.applied(draft, replace(PLAIN, host=HOST)).host is None


def test_the_buttons_add_and_remove_dated_days() -> None:
    draft = host_draft.HostDraft(True, "ICA").edited("date").edited("date").edited("undate-0")

    assert len(draft.dated) == 1
    assert draft.edited("undate-9").edited("undate-x") == draft


@pytest.mark.parametrize(
    ("form", "field", "wrong"),
    [
        ({"name": ""}, "name", Wrong.MISSING),
        ({"first-dated-0": "", "hours-dated-0": "8-12"}, "first-dated-0", Wrong.DATE),
        ({"first-dated-0": "2027-05-02", "last-dated-0": "2027-05-01"}, "last-dated-0", Wrong.ORDER),
        ({"first-dated-0": "2027-05-02", "hours-dated-0": "8"}, "hours-dated-0", Wrong.TIME),
        ({"differs-julafton": "yes", "holiday-julafton": "x"}, "holiday-julafton", Wrong.TIME),
        ({"start-3-0": "9", "end-3-0": "9"}, "3-0", Wrong.SAME),
    ],
)
def test_what_makes_no_sense_of_a_building_is_named(form: dict[str, str], field: str, wrong: Wrong) -> None:
    found = host_draft.complaints(host_draft.from_form({"host": "yes", "name": "ICA", **form}, KEYS))

    assert [(complaint.field, complaint.wrong) for complaint in found] == [(field, wrong)]


def test_one_dated_day_needs_only_its_first_date() -> None:
    form = {"host": "yes", "name": "ICA", "first-dated-0": "2027-05-02", "hours-dated-0": "8-12"}

    host = host_draft.applied(host_draft.from_form(form, KEYS), PLAIN).host

    assert host is not None
    assert host.days == (HostDay(first=date(2027, 5, 2), last=date(2027, 5, 2), windows=(Window(480, 720),)),)


# --- Closing


@pytest.mark.parametrize(
    "plan",
    [
        ClosingPlan(),
        ClosingPlan(announcements=(), last_entry=30, gap=15, lights=None, alarm=None),
        ClosingPlan(announcements=(20, 15, 10, 5, 1), lights=0, alarm=120),
    ],
)
def test_a_closing_plan_survives_its_form(plan: ClosingPlan) -> None:
    before = replace(PLAIN, closing=plan, first_person_in=True)

    draft = closing_draft.from_schedule(before)

    assert closing_draft.complaints(draft) == []
    assert closing_draft.applied(draft, before) == before
    assert set(plan.announcements) <= set(closing_draft.choices(draft))


def test_numbers_that_a_closing_plan_cannot_have_are_named_with_their_bounds() -> None:
    draft = closing_draft.from_form({"announce-15": "yes", "announce-x": "yes", "gap": "16", "alarm": "soon"})

    found = closing_draft.complaints(draft)

    assert [(complaint.field, complaint.most) for complaint in found] == [("gap", 15), ("alarm", 120)]
    assert draft.announcements == (15,)
