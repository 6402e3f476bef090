"""Stories that have happened: what the branches' doors do. The first one is told in docs/hours.md."""

import contextlib
import io
import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.closing import StepKind, closing_plan
from meroppet.rules.exceptions import (
    Closed,
    Content,
    ExceptionDay,
    Level,
    NoSelfService,
    NotAfter,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Day, Interval, Window
from meroppet.rules.schedule import HostDay, HostHours, Schedule
from tests.oracles.swedish_branch import public_holidays

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ALONE, STAFFED = BranchState.SELF_SERVICE, BranchState.STAFFED
DOCUMENT = (Path(__file__).parents[4] / "docs" / "hours.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    return found[1]


def told() -> tuple[dict[str, Any], str]:
    """What the document's example leaves behind, and what it prints."""
    scope: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block("python"), "docs/hours.md", "exec"), scope)  # noqa: S102 (our own text)
    return scope, printed.getvalue()


def local(day: date, clock: str = "00:00") -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), STOCKHOLM)


def day_of(hours: Hours, day: date) -> str:
    """The states of a day in one line."""
    words: list[str] = []
    for span in hours.spans(local(day), local(day + timedelta(days=1))):
        if words[-1:] != [span.state]:
            words += [f"{span.start.astimezone(STOCKHOLM):%H:%M}", span.state]
    return " ".join(words)


def says(day: date, *contents: Content, name: str = "x") -> ScheduleException:
    return ScheduleException(id=name, level=Level.BRANCH, days=(ExceptionDay(first=day, last=day, contents=contents),))


# --- Bergslagsbibblan's week 15 ---------------------------------------------------------------------------------------


def test_the_document_prints_what_the_doors_do() -> None:
    assert told()[1] == block("text")


@pytest.mark.parametrize(("name", "opens"), [("Nora", "08:00"), ("Lindesberg", "07:00"), ("Hällefors", "06:00")])
def test_one_exception_of_the_consortium_is_each_branch_s_week_15(name: str, opens: str) -> None:
    hours = told()[0]["branches"][name]
    monday = date(2025, 4, 7)
    days = [monday + timedelta(days=number) for number in range(7)]

    assert day_of(hours, monday).startswith(f"00:00 closed {opens} self_service")
    assert day_of(hours, monday).endswith("15:00 closed")
    assert [day_of(hours, day) for day in days[1:4]] == ["00:00 closed"] * 3
    assert day_of(hours, days[4]).startswith("00:00 closed 10:00 s")
    assert day_of(hours, days[4]).endswith("22:00 closed")
    assert day_of(hours, days[5]) == f"00:00 closed {opens} self_service 22:00 closed"
    assert day_of(hours, days[6]) == day_of(hours, days[5])
    assert str(hours.state_at(local(days[4], "09:59")).rule) == "exception:consortium:system-change"
    assert str(hours.state_at(local(days[4], "10:00")).rule) == "week"


@pytest.mark.parametrize("name", ["Nora", "Lindesberg", "Hällefors"])
def test_the_closing_is_announced_at_a_quarter_and_five_to_three(name: str) -> None:
    hours = told()[0]["branches"][name]

    plan = closing_plan(hours, local(date(2025, 4, 7)), local(date(2025, 4, 11)))

    announced = [f"{step.at.astimezone(STOCKHOLM):%a %H:%M}" for step in plan if step.kind is StepKind.ANNOUNCE]
    assert announced == ["Mon 14:45", "Mon 14:55"]


@pytest.mark.parametrize(
    ("content", "closes", "announced"),
    [
        (NoSelfService(Window(900, 1440)), "18:00", ["17:45", "17:55"]),
        (NotAfter(900), "15:00", ["14:45", "14:55"]),
    ],
)
def test_where_staff_stay_on_the_monday_the_exception_says_whether_they_close(
    content: Content, closes: str, announced: list[str]
) -> None:
    monday = date(2025, 4, 7)
    decided = replace(says(monday, content), level=Level.CONSORTIUM)
    hours = Hours(replace(SATER, exceptions=(decided,)))

    plan = closing_plan(hours, local(monday), local(monday + timedelta(days=1)))

    assert day_of(hours, monday) == f"00:00 closed 06:00 self_service 10:00 staffed {closes} closed"
    told_at = [f"{step.at.astimezone(STOCKHOLM):%H:%M}" for step in plan if step.kind is StepKind.ANNOUNCE]
    assert told_at == announced


# --- Others -----------------------------------------------------------------------------------------------------------

WEEKDAY: Day = (Interval(360, 1320, ALONE), Interval(600, 1080, STAFFED))
SATER = Schedule(STOCKHOLM.key, (WEEKDAY,) * 5 + ((Interval(360, 1320, ALONE),),) * 2)
KICK_OFF = date(2019, 9, 25)


@pytest.mark.parametrize(
    ("content", "day"),
    [
        (Closed(), "00:00 closed"),
        (OtherHours((Interval(360, 1320, ALONE),)), "00:00 closed 06:00 self_service 22:00 closed"),
    ],
)
def test_sater_closes_for_the_kick_off_with_and_without_self_service(content: Content, day: str) -> None:
    hours = Hours(replace(SATER, exceptions=(says(KICK_OFF, content),)))

    assert day_of(hours, KICK_OFF) == day
    for other in (KICK_OFF - timedelta(days=1), KICK_OFF + timedelta(days=1)):
        assert day_of(hours, other) == "00:00 closed 06:00 self_service 10:00 staffed 18:00 self_service 22:00 closed"


@pytest.mark.parametrize("year", [2026, 2028, 2035])
def test_teg_is_open_from_six_to_ten_every_day_of_the_year(year: int) -> None:
    hours = Hours(Schedule(STOCKHOLM.key, holidays=public_holidays()))
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366 if year == 2028 else 365)]

    assert {day_of(hours, day) for day in days} == {"00:00 closed 06:00 self_service 22:00 closed"}
    spent = hours.hours_between(local(days[0]), local(days[-1] + timedelta(days=1)))
    assert spent[ALONE] == timedelta(hours=16) * len(days)


def test_a_branch_in_a_shop_follows_the_shop_s_hours() -> None:
    midsummer_eve, shut = date(2026, 6, 19), date(2026, 12, 25)
    shop = HostHours(
        name="Handlar'n", weekly=((Window(540, 1140),),) * 5 + ((Window(600, 840),), ()),
        holidays=(("Midsummer Eve", (Window(540, 780),)), ("Christmas Day", ())),
        days=(HostDay(first=date(2026, 6, 10), last=date(2026, 6, 10), windows=(Window(600, 1320),)),),
    )  # fmt: skip
    hours = Hours(Schedule(STOCKHOLM.key, holidays=public_holidays(), host=shop))

    assert day_of(hours, date(2026, 6, 8)) == "00:00 closed 09:00 self_service 19:00 closed"
    assert day_of(hours, date(2026, 6, 10)) == "00:00 closed 10:00 self_service 22:00 closed"
    assert day_of(hours, date(2026, 6, 13)) == "00:00 closed 10:00 self_service 14:00 closed"
    assert day_of(hours, date(2026, 6, 14)) == "00:00 closed"
    assert day_of(hours, midsummer_eve) == "00:00 closed 09:00 self_service 13:00 closed"
    assert day_of(hours, shut) == "00:00 closed"
    assert str(hours.state_at(local(midsummer_eve, "13:00")).rule) == "host"


DEVIATING = """\
2026-04-02 | 10-14 then self-service | 06:00 self_service 10:00 staffed 14:00 self_service 22:00 closed
2026-04-03 | self-service only       | 06:00 self_service 22:00 closed
2026-04-04 | closed
2026-04-30 | closes at 15            | 06:00 self_service 10:00 staffed 15:00 closed
2026-05-15 | self-service only       | 06:00 self_service 22:00 closed
2026-06-05 | opens at 12             | 12:00 staffed 18:00 self_service 22:00 closed
2026-06-19 | closed
2026-06-20 | closed"""

SAYINGS: dict[str, Content] = {
    "10-14 then self-service": OtherHours((Interval(360, 1320, ALONE), Interval(600, 840, STAFFED))),
    "self-service only": OtherHours((Interval(360, 1320, ALONE),)),
    "closed": Closed(),
    "closes at 15": NotAfter(900),
    "opens at 12": NotBefore(720),
}


def test_a_list_of_deviating_days_as_a_municipality_publishes_it() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in DEVIATING.splitlines()]
    exceptions = tuple(says(date.fromisoformat(row[0]), SAYINGS[row[1]], name=row[0]) for row in rows)
    hours, usual = Hours(replace(SATER, exceptions=exceptions)), Hours(SATER)
    listed = {date.fromisoformat(row[0]): " ".join(["00:00 closed", *row[2:]]) for row in rows}

    for number in range(120):
        day = date(2026, 3, 15) + timedelta(days=number)
        assert day_of(hours, day) == listed.get(day, day_of(usual, day))
