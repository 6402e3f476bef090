"""Staffed hours that begin with a first person in: one moment, kept over a restart, and never trusted too far."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from door_controller.first_person import FILE, FirstPerson
from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Event, ExceptionDay, Level, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval, Window
from meroppet.rules.schedule import Schedule

DAY = (Interval(600, 1080, BranchState.STAFFED), Interval(1140, 1200, BranchState.STAFFED))
HOURS = Hours(Schedule("Europe/Stockholm", (DAY,) * 7, first_person_in=True))


def at(text: str, day: int = 23) -> datetime:
    """A time of day in Sweden in November 2026."""
    hour, minute = text.split(":")
    return datetime(2026, 11, day, int(hour) - 1, int(minute), tzinfo=UTC)


async def came(folder: Path, moment: datetime) -> FirstPerson:
    first = FirstPerson(folder, "nora")
    first.note(moment)
    await asyncio.get_running_loop().shutdown_default_executor()
    return first


@pytest.mark.parametrize(
    ("moment", "now", "counts"),
    [
        ("10:05", "10:05", True),
        ("10:05", "17:59", True),
        ("09:55", "10:05", False),
        ("10:05", "19:30", False),
        ("19:30", "19:45", True),
        ("17:00", "16:59", False),
    ],
)
async def test_who_came_in_counts_for_that_stretch_of_staffed_hours_and_no_other(
    tmp_path: Path, moment: str, now: str, counts: bool
) -> None:
    first = await came(tmp_path, at(moment))

    assert first.has_come(HOURS, at(now)) is counts
    assert FirstPerson(tmp_path, "nora").has_come(HOURS, at(now)) is counts


async def test_yesterday_is_another_day_even_where_staffed_hours_never_end(tmp_path: Path) -> None:
    always = Hours(Schedule("Europe/Stockholm", ((Interval(0, 1440, BranchState.STAFFED),),) * 7))
    first = await came(tmp_path, at("10:00"))

    assert first.has_come(always, at("10:00") + timedelta(hours=23))
    assert not first.has_come(always, at("10:00") + timedelta(hours=24))


async def test_an_event_in_the_middle_of_the_day_sends_no_staff_home(tmp_path: Path) -> None:
    reading = ExceptionDay(first=at("10:00").date(), last=at("10:00").date(), contents=(Event(Window(780, 840)),))
    exception = ScheduleException(id="reading", level=Level.BRANCH, days=(reading,))
    hours = Hours(Schedule("Europe/Stockholm", (DAY,) * 7, exceptions=(exception,)))
    first = await came(tmp_path, at("10:05"))

    assert hours.state_at(at("13:30")).state is BranchState.EVENT
    assert first.has_come(hours, at("15:00"))


@pytest.mark.parametrize(
    "spoilt", ["", "yesterday", "2026-11-23T10:05:00 nora", "2026-11-23T09:05:00+00:00", "\x00" * 40, "å"]
)
def test_a_spoilt_file_means_that_nobody_has_come(tmp_path: Path, spoilt: str) -> None:
    (tmp_path / FILE).write_text(spoilt, encoding="utf-8")

    assert not FirstPerson(tmp_path, "nora").has_come(HOURS, at("10:05"))


def test_without_a_file_nobody_has_come(tmp_path: Path) -> None:
    assert not FirstPerson(tmp_path, "nora").has_come(HOURS, at("10:05"))


async def test_where_nothing_can_be_stored_staff_are_in_all_the_same_until_a_restart(tmp_path: Path) -> None:
    first = await came(tmp_path / "missing", at("10:05"))

    assert first.has_come(HOURS, at("10:06"))
    assert not FirstPerson(tmp_path / "missing", "nora").has_come(HOURS, at("10:06"))


async def test_who_came_to_another_branch_begins_nothing_at_this_one(tmp_path: Path) -> None:
    await came(tmp_path, at("10:05"))

    assert FirstPerson(tmp_path, "nora").has_come(HOURS, at("10:30"))
    assert not FirstPerson(tmp_path, "gyttorp").has_come(HOURS, at("10:30"))
