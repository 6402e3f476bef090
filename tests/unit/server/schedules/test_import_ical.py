"""A calendar's events are deviations where they can be meant; what repeats is worked out at once or refused."""

import time
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Event, Maintenance, OtherHours
from meroppet.rules.intervals import Interval, Window
from server.schedules.import_ical import read_ical
from server.schedules.import_rows import Reading

TODAY, ZONE = date(2026, 11, 22), ZoneInfo("Europe/Stockholm")


def _read(*events: str) -> Reading:
    text = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return read_ical(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{text}END:VCALENDAR\r\n", TODAY, ZONE)


def _all_day(summary: str, more: str = "", uid: str = "a", first: str = "20261224") -> str:
    return f"UID:{uid}\r\nDTSTART;VALUE=DATE:{first}\r\nSUMMARY:{summary}" + (f"\r\n{more}" if more else "")


def _timed(summary: str, start: str = "100000", end: str = "140000", zone: str = ";TZID=Europe/Stockholm") -> str:
    return f"UID:{summary}\r\nDTSTART{zone}:20261224T{start}\r\nDTEND{zone}:20261224T{end}\r\nSUMMARY:{summary}"


def test_an_all_day_event_ends_before_its_end() -> None:
    reading = _read(_all_day("Stängt", "DTEND;VALUE=DATE:20261227"))

    assert reading.wrong == ()
    assert reading.rows[0].days == ((date(2026, 12, 24), date(2026, 12, 26)),)
    assert reading.rows[0].contents == (Closed(),)


def test_the_same_event_has_the_same_id_whatever_it_says() -> None:
    assert _read(_all_day("Stängt")).rows[0].id == _read(_all_day("meröppet 8-20")).rows[0].id


def test_timed_events_of_a_day_are_one_list_of_hours() -> None:
    reading = _read(_timed("Meröppet", "080000", "200000"), _timed("Bemannat"))

    pieces = (Interval(480, 1200, BranchState.SELF_SERVICE), Interval(600, 840, BranchState.STAFFED))
    assert [row.contents for row in reading.rows] == [(OtherHours(pieces),)]


@pytest.mark.parametrize(
    "event",
    [_timed("Stängt"), _timed("Stängt", "090000Z", "130000Z", ""), _timed("Stängt", zone="")],
)
def test_times_are_taken_to_the_branchs_wall_clock(event: str) -> None:
    assert _read(event).rows[0].contents == (Closed(Window(600, 840)),)


def test_an_event_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    event = "UID:n\r\nDTSTART:20261231T210000\r\nDTEND:20270101T010000\r\nSUMMARY:Arrangemang"

    assert _read(event).rows[0].contents == (Event(Window(1260, 1500)),)


def test_a_property_goes_before_the_summary() -> None:
    reading = _read(_all_day("Fönsterputs", "X-MEROPPET-WHAT:maintenance\r\nX-MEROPPET-REASON-SV:Fönstren putsas."))

    assert reading.rows[0].contents == (Maintenance(),)
    assert reading.rows[0].reasons == (("sv", "Fönstren putsas."),)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["2026-12-24", "2026-12-31", "2027-01-07"]),
        ("FREQ=WEEKLY;UNTIL=20270101", ["2026-12-24", "2026-12-31"]),
        ("FREQ=DAILY;INTERVAL=2;COUNT=2", ["2026-12-24", "2026-12-26"]),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=2", ["2027-01-04", "2027-02-01"]),
        ("FREQ=YEARLY", ["2026-12-24", "2027-12-24"]),
    ],
)
def test_repetitions(rule: str, days: list[str]) -> None:
    reading = _read(_all_day("Stängt", f"RRULE:{rule}"))

    assert [first.isoformat() for first, _ in reading.rows[0].days] == days


def test_exceptions_of_a_repetition_are_left_out() -> None:
    reading = _read(_all_day("Stängt", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE;VALUE=DATE:20261231"))

    assert [first.isoformat() for first, _ in reading.rows[0].days] == ["2026-12-24", "2027-01-07"]


def test_a_repetition_that_began_long_ago_goes_on_and_what_has_passed_is_left_out() -> None:
    reading = _read(_all_day("Stängt", "RRULE:FREQ=YEARLY;COUNT=100", first="20051224"))

    assert reading.rows[0].days[0] == (date(2026, 12, 24), date(2026, 12, 24))
    assert _read(_all_day("Stängt", first="20251224")).rows == ()


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY;BYMINUTE=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9",
        "FREQ=YEARLY;BYWEEKNO=53",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=OFTEN",
    ],
)
def test_a_repetition_that_could_go_on_for_ever_is_told(rule: str) -> None:
    began = time.monotonic()
    reading = _read(_all_day("Stängt", f"RRULE:{rule}"))

    assert len(reading.wrong) == 1
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=3"])
def test_a_repetition_without_an_end_ends_at_the_horizon(rule: str) -> None:
    began = time.monotonic()
    rows = _read(_all_day("Stängt", f"RRULE:{rule}", first="20240229")).rows

    assert sum((last - first).days + 1 for row in rows for first, last in row.days) <= 401
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (_all_day("Personalmöte"), "write one of"),
        (_timed("Personalmöte"), "event with times"),
        ("UID:a\r\nSUMMARY:Stängt", "no beginning"),
        ("UID:a\r\nDTSTART:nonsense\r\nSUMMARY:Stängt", "cannot be read"),
        ("UID:a\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261220\r\nSUMMARY:Stängt", "does not end"),
        ("DTSTART;VALUE=DATE:20261224\r\nSUMMARY:Stängt", "no UID"),
        (_all_day("Stängt", "RECURRENCE-ID;VALUE=DATE:20261224"), "RECURRENCE-ID"),
        (_all_day("Stängt", "RDATE;VALUE=DATE:20261228"), "RDATE"),
        (_timed("Stängt", zone=";TZID=Middle-earth/Shire"), "Middle-earth"),
        (_all_day("=cmd"), "formula"),
        (_all_day("Stängt", "X-MEROPPET-WHAT:staffed"), "is not one of"),
        (_timed("Stängt", "100030"), "whole minute"),
    ],
)
def test_what_cannot_be_meant_is_told_with_the_line_of_its_event(event: str, says: str) -> None:
    told = _read(_all_day("Stängt", uid="first", first="20261220"), event).wrong

    assert [each.line for each in told] == [9]
    assert says in str(told[0].sentence)


def test_what_is_cancelled_is_left_out() -> None:
    reading = _read(_all_day("Stängt", "STATUS:CANCELLED"))

    assert (reading.rows, len(reading.notes)) == ((), 1)


def test_what_a_file_says_of_zones_is_not_looked_at() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Stockholm\r\nBEGIN:STANDARD\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\n"
    text = (
        f"BEGIN:VCALENDAR\r\n{zone}END:VTIMEZONE\r\nBEGIN:VEVENT\r\n{_timed('Stängt')}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )

    assert read_ical(text, TODAY, ZONE).rows[0].contents == (Closed(Window(600, 840)),)


@pytest.mark.parametrize("text", ["hello", "BEGIN:VCALENDAR", "BEGIN:VEVENT\nBEGIN:VEVENT\nEND:VEVENT", ""])
def test_what_is_no_calendar_is_refused(text: str) -> None:
    assert len(read_ical(text, TODAY, ZONE).wrong) == 1


def test_too_many_events_are_refused_unread() -> None:
    assert "more than 2000 events" in str(
        _read(*(_all_day("Stängt", uid=str(at)) for at in range(2_001))).wrong[0].sentence
    )


@given(st.text(alphabet="BEGINVTDSUMRY:;=\r\n0123456789Z-", max_size=200))
def test_whatever_an_event_holds_something_is_said_of_it(text: str) -> None:
    reading = _read(text)

    assert reading.rows or reading.wrong or reading.notes


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;UNTIL=20250101",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
    ],
)
def test_a_rule_that_never_comes_or_long_since_takes_no_time(rule: str) -> None:
    events = [_all_day("Stängt", f"RRULE:{rule}", uid=str(number), first="20010101") for number in range(100)]

    begun = time.process_time()
    _read(*events)

    assert time.process_time() - begun < 5


_WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
_ORDINALS = st.sampled_from(["-5", "-2", "-1", "1", "2", "5"])


@st.composite
def _rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    interval, week_start = draw(st.sampled_from([1, 2, 3, 5, 13])), draw(_WEEKDAYS)
    rule = f"FREQ={frequency};INTERVAL={interval};WKST={week_start}"
    days = draw(st.lists(_WEEKDAYS, max_size=3))
    if frequency in {"MONTHLY", "YEARLY"}:
        if draw(st.booleans()):
            days = [f"{draw(_ORDINALS)}{day}" for day in days]
        for name, values in (("BYMONTH", st.integers(1, 12)), ("BYMONTHDAY", st.sampled_from([-2, -1, 1, 5, 28, 31]))):
            said = draw(st.lists(values, max_size=2))
            rule += f";{name}={','.join(map(str, said))}" if said else ""
    rule += f";BYDAY={','.join(days)}" if days else ""
    return rule + draw(st.sampled_from(["", ";COUNT=5", ";COUNT=300"]))


@given(rule=_rules(), first=st.dates(date(2020, 1, 1), date(2027, 6, 1)))
def test_what_repeats_is_what_another_library_makes_of_it(rule: str, first: date) -> None:
    reading = _read(_all_day("Stängt", f"RRULE:{rule}", first=f"{first:%Y%m%d}"))
    if reading.wrong:
        return

    last = TODAY + timedelta(days=390)
    rule, _, count = rule.partition(";COUNT=")
    begins = datetime.combine(first, datetime.min.time())
    said = rrulestr(f"RRULE:{rule};UNTIL={last:%Y%m%d}", dtstart=begins)
    expected = {at.date() for at in islice(said, int(count or 10_000)) if at.date() >= TODAY}
    assert {day for day in _days(reading) if TODAY <= day <= last} == expected


def _days(reading: Reading) -> set[date]:
    stretches = [days for row in reading.rows for days in row.days]
    return {first + timedelta(days=more) for first, last in stretches for more in range((last - first).days + 1)}
