"""Feeds say what the doors do: each is read back and compared with `Hours`, over the nights the clock is turned."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import Closed, Event, ExceptionDay, Level, NotAfter, OtherHours, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import Schedule, Season
from server.organisations.service import BranchView
from server.schedules.feed_ical import calendar
from server.schedules.feed_jsonld import library
from server.schedules.feeds import BRANCH_DAYS, Published, branch_json, consortium_json, midnight
from server.schedules.open_now import open_now
from server.schedules.pieces import pieces
from tests.unit.meroppet.wire.random_schedules import schedules

STOCKHOLM = ZoneInfo("Europe/Stockholm")
STAFFED, ALONE = BranchState.STAFFED, BranchState.SELF_SERVICE
NORA = BranchView("nora", "Nora; bibliotek, öppet", "west", "nora-kommun", "Europe/Stockholm", "0587-1", date.min, "")
DAY = (Interval(360, 1320, ALONE), Interval(600, 1080, STAFFED))
SECRET = "Anna är sjuk"
TRAINING = (("sv", "Personalen utbildas, hela dagen"), ("en", "Staff in training"))


def _at(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _plain(text: str) -> str:
    return text


def _exception(day: date, *contents: Any, name: str = "x") -> ScheduleException:
    days = (ExceptionDay(first=day, last=day, contents=contents),)
    return ScheduleException(
        id=name, level=Level.BRANCH, days=days, title=SECRET, reasons=TRAINING, decided_by="Berit Ek"
    )


def _hours(*exceptions: ScheduleException, week: tuple[Any, ...] = (DAY,) * 7, **more: Any) -> Hours:
    return Hours(Schedule("Europe/Stockholm", week, exceptions=exceptions, **more))


def _events(body: bytes) -> list[tuple[datetime, datetime, str]]:
    events: list[Any] = Calendar.from_ical(body.decode()).walk("VEVENT")
    return sorted(
        (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC), str(event["X-MEROPPET-STATE"]))
        for event in events
    )


@given(schedules(), st.sampled_from([datetime(2026, 3, 28, 9, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)]))
@settings(max_examples=25)
def test_a_calendar_read_back_says_what_the_door_does(schedule: Schedule, now: datetime) -> None:
    hours = Hours(schedule)
    body = calendar("Nora", [Published(NORA, hours)], now, 8, "sv", _plain)
    events = _events(body)

    today = now.astimezone(hours.zone).date()
    for span in hours.spans(midnight(hours, today), midnight(hours, today + timedelta(days=8))):
        inside = [event for event in events if event[0] < span.end and event[1] > span.start]
        if span.state in OPEN or span.rule.reasons:
            assert {state for _, _, state in inside} == {span.state.value}
            assert min(start for start, _, _ in inside) <= span.start
            assert max(end for _, end, _ in inside) >= span.end
        else:
            assert inside == []


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    hours = _hours(week=((Interval(0, 150, STAFFED), Interval(150, 1440, ALONE)),) * 7)
    now = datetime(2026, 10, 24, 12, tzinfo=UTC)

    spans = [
        (span.start, span.end, span.state.value)
        for span in hours.spans(datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 22, 30, tzinfo=UTC))
    ]
    events = _events(calendar("Nora", [Published(NORA, hours)], now, 3, "sv", _plain))

    assert set(spans[1:-1]) <= set(events)
    assert len(spans) == 4


def test_an_event_keeps_its_uid_from_day_to_day() -> None:
    hours = _hours(_exception(date(2026, 12, 24), Closed()), week=((Interval(0, 1440, ALONE),),) * 7)

    def uids(day: int) -> set[str]:
        body = calendar("Nora", [Published(NORA, hours)], datetime(2026, 12, day, 9, tzinfo=UTC), 10, "sv", _plain)
        return {str(event["UID"]) for event in Calendar.from_ical(body.decode()).walk("VEVENT")}

    assert len(uids(20) & uids(21)) == len(uids(20)) - 1
    assert len(uids(20)) == 10


def test_the_same_hours_make_the_same_bytes_all_day() -> None:
    hours = _hours()
    made = {
        calendar("Nora", [Published(NORA, hours)], datetime(2026, 11, 22, hour, 7, tzinfo=UTC), 60, "sv", _plain)
        for hour in (0, 9, 22)
    }

    assert len(made) == 1


def test_lines_are_short_and_texts_are_escaped() -> None:
    hours = _hours(_exception(date(2026, 11, 23), Closed()))
    body = calendar("å" * 60, [Published(NORA, hours)], datetime(2026, 11, 22, 9, tzinfo=UTC), 3, "sv", _plain)

    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    event = next(event for event in Calendar.from_ical(body.decode()).walk("VEVENT") if "DESCRIPTION" in event)
    assert event["DESCRIPTION"] == "Personalen utbildas, hela dagen"
    assert event["LOCATION"] == NORA.name


@given(schedules())
@settings(max_examples=20)
def test_pieces_are_the_same_whichever_days_are_asked_for(schedule: Schedule) -> None:
    hours = Hours(schedule)
    start = datetime(2026, 10, 22, 22, tzinfo=UTC)

    def asked(first: int, last: int) -> set[tuple[datetime, datetime]]:
        end = start + timedelta(days=last)
        found = pieces(hours, start + timedelta(days=first), end, lambda span: span.state)
        return {(piece.start, piece.end) for piece in found}

    middle = asked(3, 4)
    assert middle <= asked(0, 8)
    assert all(end - begun <= timedelta(hours=25) for begun, end in asked(0, 8))


@given(schedules(), st.integers(0, 226 * 24 * 60))
@settings(max_examples=20)
def test_json_says_what_the_door_does(schedule: Schedule, minutes: int) -> None:
    hours, now = Hours(schedule), datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=minutes)
    told = json.loads(json.dumps(branch_json(Published(NORA, hours), "west", now)))

    assert told["now"]["state"] == hours.state_at(now).state
    change = hours.next_change(now, timedelta(days=BRANCH_DAYS))
    assert (told["next_change"] or {}).get("state") == (change.state.value if change else None)
    for span in told["spans"]:
        start, end = datetime.fromisoformat(span["start"]), datetime.fromisoformat(span["end"])
        assert {own.state.value for own in hours.spans(start, end)} == {span["state"]}
        assert span["open"] == (BranchState(span["state"]) in OPEN)
    pairs = zip(told["spans"], told["spans"][1:], strict=False)
    assert all(before["end"] == after["start"] for before, after in pairs)


def test_no_title_no_name_and_no_rule_is_public() -> None:
    hours = _hours(_exception(date(2026, 11, 23), Closed(), name="anna-sjuk"))
    published, now = Published(NORA, hours), datetime(2026, 11, 22, 9, tzinfo=UTC)
    told = [
        json.dumps(branch_json(published, "west", now)),
        json.dumps(consortium_json("West", "west", [published], now)),
        json.dumps(library(published, "https://x", now, "sv", _plain)),
        calendar("Nora", [published], now, 60, "sv", _plain).decode(),
    ]

    for text in told:
        assert "Anna" not in text
        assert "anna" not in text
        assert "Berit" not in text
        assert "Personalen utbildas" in text


def test_a_branch_without_hours_is_closed() -> None:
    published, now = Published(NORA, None), datetime(2026, 11, 22, 9, tzinfo=UTC)

    assert branch_json(published, "west", now)["now"]["state"] == "closed"
    assert library(published, "https://x", now, "sv", _plain)["openingHoursSpecification"] == []
    assert _events(calendar("Nora", [published], now, 60, "sv", _plain)) == []
    assert not open_now(published, now, "sv").is_open


def test_schema_org_has_the_usual_week_and_each_deviating_day() -> None:
    summer = Season(id="s", name="", first=(6, 1), last=(8, 31), weekly=((),) * 7)
    evening = OtherHours((Interval(22 * 60, 26 * 60, ALONE),))
    hours = _hours(
        _exception(date(2026, 11, 23), Closed()),
        _exception(date(2026, 11, 24), NotAfter(15 * 60), name="y"),
        _exception(date(2026, 11, 25), evening, name="z"),
        _exception(date(2026, 11, 26), Event(Window(600, 660), listed_only=True), name="w"),
        seasons=(summer,),
    )
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    told = library(Published(NORA, hours), "https://x/open", now, "sv", _plain)

    assert (told["@context"], told["@type"], told["telephone"]) == ("https://schema.org", "Library", "0587-1")
    regular = [
        (own["name"], own["opens"], own["closes"], len(own["dayOfWeek"])) for own in told["openingHoursSpecification"]
    ]
    assert regular == [
        ("Open for self-service", "06:00", "10:00", 7),
        ("Open with staff", "10:00", "18:00", 7),
        ("Open for self-service", "18:00", "22:00", 7),
    ]
    special = [
        (own["validFrom"][-2:], own["opens"], own["closes"], own["name"])
        for own in told["specialOpeningHoursSpecification"]
    ]
    assert special == [
        ("23", "00:00", "00:00", "Closed"),
        ("24", "06:00", "10:00", "Open for self-service"),
        ("24", "10:00", "15:00", "Open with staff"),
        ("25", "22:00", "02:00", "Open for self-service"),
        ("26", "06:00", "10:00", "Open for self-service"),
        ("26", "11:00", "18:00", "Open with staff"),
        ("26", "18:00", "22:00", "Open for self-service"),
    ]
    assert all(own["description"] == dict(TRAINING)["sv"] for own in told["specialOpeningHoursSpecification"])


def test_day_and_night_ends_at_a_minute_to_midnight() -> None:
    hours = _hours(week=((Interval(0, 1440, ALONE),),) * 7)
    told = library(Published(NORA, hours), "https://x", datetime(2026, 11, 22, 9, tzinfo=UTC), "sv", _plain)

    regular = [(own["opens"], own["closes"]) for own in told["openingHoursSpecification"]]
    assert (regular, told["specialOpeningHoursSpecification"]) == ([("00:00", "23:59")], [])


@pytest.mark.parametrize(
    ("now", "state", "until", "then"),
    [
        (_at(2026, 11, 22, 8, 59, 59), ALONE, "10:00", STAFFED),
        (_at(2026, 11, 22, 9), STAFFED, "18:00", ALONE),
        (_at(2026, 11, 22, 21), BranchState.CLOSED, "06:00", ALONE),
        (_at(2026, 11, 23, 9), BranchState.CLOSED, "06:00", ALONE),
    ],
)
def test_the_page_says_until_when(now: datetime, state: BranchState, until: str, then: BranchState) -> None:
    shown = open_now(Published(NORA, _hours(_exception(date(2026, 11, 23), Closed()))), now, "en")

    assert shown.until is not None
    assert (shown.state, f"{shown.until:%H:%M}", shown.then) == (state, until, then)
    assert shown.days[0].day == now.date()
