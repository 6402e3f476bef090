"""The screen says until when it is open, when it opens, and when somebody is there; on the branch's own clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kiosk.opening import is_staff_only, opening_at
from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    Order,
    OrderKind,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.notices import Notice, NoticeKind
from meroppet.rules.schedule import ClosingPlan, Schedule
from tests.fakes.kiosk_parts import SCHEDULE


def times(moment: datetime) -> tuple[str | None, ...]:
    opening = opening_at(Hours(SCHEDULE), moment)
    found = (opening.open_until, opening.opens, opening.staffed_until, opening.next_staffed)
    return tuple(at.strftime("%a %H.%M") if at else None for at in found)


@pytest.mark.parametrize(
    ("moment", "is_open", "open_until", "staffed_until", "next_staffed"),
    [
        (datetime(2026, 11, 23, 8, 30, tzinfo=UTC), True, "Mon 22.00", None, "Mon 10.00"),
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), True, "Mon 22.00", "Mon 17.00", "Mon 13.00"),
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), True, "Sat 22.00", None, "Mon 10.00"),
    ],
)
def test_open_lasts_over_the_change_from_unstaffed_to_staffed(moment, is_open, open_until, staffed_until, next_staffed):
    assert opening_at(Hours(SCHEDULE), moment).is_open is is_open
    assert times(moment)[0] == open_until
    assert times(moment)[2:] == (staffed_until, next_staffed)


def test_a_closed_branch_says_when_it_opens():
    night = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)

    assert not opening_at(Hours(SCHEDULE), night).is_open
    assert times(night)[:2] == (None, "Tue 06.00")


def test_a_branch_that_never_closes_has_no_closing_time():
    always = Schedule("Europe/Stockholm", ((Interval(0, 1440, BranchState.SELF_SERVICE),),) * 7)

    opening = opening_at(Hours(always), datetime(2026, 11, 23, 12, 0, tzinfo=UTC))

    assert opening.is_open
    assert opening.open_until is None


TODAY = date(2026, 11, 23)
WHY = (("sv", "Personalen utbildas."), ("en", "Staff are in training."))
PLANNED = replace(SCHEDULE, closing=ClosingPlan(announcements=(15, 5), gap=10))


def at(hour: int, minute: int = 0) -> datetime:
    """A time of day in Sweden, on a Monday in November."""
    return datetime(2026, 11, 23, hour - 1, minute, tzinfo=UTC)


def clock(moment: datetime | None, form: str = "%H.%M") -> str:
    return moment.strftime(form) if moment else "never"


def on_monday(content: Content, schedule: Schedule = SCHEDULE, days: int = 1) -> Hours:
    day = ExceptionDay(first=TODAY, last=TODAY + timedelta(days=days - 1), contents=(content,))
    exception = ScheduleException(id="x", level=Level.BRANCH, days=(day,), reasons=WHY)
    return Hours(replace(schedule, exceptions=(exception,)))


def test_an_event_has_its_own_end_within_the_open_hours():
    opening = opening_at(on_monday(Event(Window(18 * 60, 20 * 60))), at(18, 30))

    assert opening.state is BranchState.EVENT
    assert opening.is_open
    assert (clock(opening.event_until), clock(opening.open_until)) == ("20.00", "22.00")
    assert opening.reason("sv") == "Personalen utbildas."


@pytest.mark.parametrize(("content", "staff_only"), [(Closed(), False), (Maintenance(), True)])
def test_what_is_closed_says_why_and_when_it_opens(content, staff_only):
    opening = opening_at(on_monday(content), at(13))

    assert not opening.is_open
    assert opening.is_staff_only is staff_only
    assert clock(opening.opens, "%a %H.%M") == "Tue 06.00"
    assert opening.reason("en") == "Staff are in training."
    assert opening.reason("de") == ""


def test_open_hours_of_an_exception_need_no_excuse():
    assert opening_at(on_monday(Event(Window(18 * 60, 20 * 60))), at(13)).why == ()


def test_a_branch_that_is_shut_for_weeks_still_says_when_it_opens():
    opening = opening_at(on_monday(Closed(), days=30), at(13))

    assert clock(opening.opens, "%d %b") == "23 Dec"


@pytest.mark.parametrize(
    ("moment", "notice"),
    [
        (at(21, 44), None),
        (at(21, 45), (NoticeKind.CLOSING, 15)),
        (at(21, 52), (NoticeKind.CLOSING, 8)),
        (at(21, 59), (NoticeKind.CLOSING, 1)),
        (at(22), None),
        (at(16, 44), None),
        (at(16, 45), (NoticeKind.EMPTYING_SOON, 15)),
        (at(16, 59), (NoticeKind.EMPTYING_SOON, 1)),
        (at(17), (NoticeKind.EMPTYING, 10)),
        (at(17, 9), (NoticeKind.EMPTYING, 1)),
        (at(17, 10), None),
    ],
)
def test_from_the_first_announcement_the_minutes_are_counted_down(moment, notice):
    found = opening_at(Hours(PLANNED), moment).notice

    assert (found and (found.kind, found.minutes)) == notice


def test_who_must_leave_is_told_when_to_come_back():
    for moment in (at(16, 50), at(17, 5)):
        notice = opening_at(Hours(PLANNED), moment).notice
        assert notice is not None
        assert clock(notice.opens) == "17.10"


def test_an_exception_moves_the_countdown_with_the_closing():
    early = on_monday(Closed(Window(15 * 60, 1440)), PLANNED)

    assert opening_at(early, at(14, 50)).notice == Notice(
        NoticeKind.CLOSING, 10, datetime(2026, 11, 24, 5, tzinfo=UTC).astimezone(early.zone)
    )
    assert opening_at(early, at(21, 50)).notice is None


def test_where_nothing_is_announced_nothing_is_counted_down():
    silent = Hours(replace(SCHEDULE, closing=ClosingPlan(announcements=())))

    assert opening_at(silent, at(21, 59)).notice is None


@pytest.mark.parametrize(("kind", "closed"), [(OrderKind.EMERGENCY_CLOSED, True), (OrderKind.NO_SELF_SERVICE, False)])
def test_only_maintenance_and_an_emergency_stop_what_is_begun_at_the_kiosk(kind, closed):
    order = Order(id="o", level=Level.BRANCH, kind=kind, start=at(13), end=at(21))
    hours = Hours(replace(SCHEDULE, orders=(order,)))

    assert is_staff_only(hours, at(18)) is closed
    assert not is_staff_only(hours, at(21))
    assert not is_staff_only(None, at(18))
