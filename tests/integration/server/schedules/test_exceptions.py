"""Exceptions on every level: whom they hold for, what devices are told, and that two who write at once lose nothing."""

import asyncio
from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, OtherHours, ScheduleException
from meroppet.rules.intervals import Interval
from server.audit.models import AuditEntry
from server.db import Scope
from server.replication.models import Change
from server.replication.service import position
from server.schedules.exceptions import (
    discard_draft,
    exceptions_at,
    exceptions_of,
    exceptions_over,
    publish_draft,
    put_exception,
    remove_exception,
)
from server.schedules.history import ChangeView, history, undo
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import hours_of_many, schedule_of, set_pattern

from .conftest import WEEK, WEST, Town

FRIDAY = date(2026, 11, 27)


def closed(key: str, day: date = FRIDAY) -> ScheduleException:
    return ScheduleException(
        id=key, level=Level.BRANCH, days=(ExceptionDay(first=day, last=day, contents=(Closed(),)),), title=key
    )


def open_late(key: str) -> ScheduleException:
    hours = OtherHours((Interval(600, 1380, BranchState.SELF_SERVICE),))
    return ScheduleException(
        id=key, level=Level.BRANCH, days=(ExceptionDay(first=FRIDAY, last=FRIDAY, contents=(hours,)),)
    )


async def decide(town: Town, place: str, exception: ScheduleException, **how: object) -> ChangeView:
    at = town.targets[place]
    async with town.database.session(at.scope) as session:
        return await put_exception(session, at, exception, "maj", **how)  # type: ignore[arg-type]


async def state(town: Town, branch: str, hour: int = 12) -> str:
    async with town.database.reading(town.branches[branch].scope) as session:
        view = await schedule_of(session, branch)
    assert view is not None
    moment = town.clock.now().replace(day=FRIDAY.day, hour=hour - 1, minute=0)
    answer = view.hours.state_at(moment)
    return f"{answer.state} by {answer.rule}"


@pytest.mark.parametrize(
    ("place", "reached"),
    [
        ("west", {"nora", "gyttorp", "lind"}),
        ("berg", {"nora", "gyttorp"}),
        ("nora-kommun", {"nora", "gyttorp"}),
        ("nora", {"nora"}),
    ],
)
async def test_an_exception_holds_for_everything_beneath_its_target(town: Town, place: str, reached: set[str]) -> None:
    await decide(town, place, closed("kickoff"))

    rule = f"exception:{town.targets[place].level}:kickoff"
    for branch in ("nora", "gyttorp", "lind"):
        expected = f"closed by {rule}" if branch in reached else "staffed by week"
        assert await state(town, branch) == expected
    async with town.database.reading(WEST) as session:
        many = await hours_of_many(session, list(town.branches.values())[:3])
    for branch, hours in many.items():
        async with town.database.reading(WEST) as session:
            view = await schedule_of(session, branch)
        assert view is not None
        assert hours.schedule == view.schedule


async def test_one_exception_is_one_change_for_devices_and_one_line_for_staff(town: Town) -> None:
    async with town.database.reading(WEST) as session:
        before = await position(session, "west")
    change = await decide(town, "west", closed("kickoff"), why="training")

    async with town.database.reading(WEST) as session:
        after = await position(session, "west")
        told = await session.all(select(Change).where(col(Change.kind) == "exception"))
        lines = await session.all(select(AuditEntry).where(col(AuditEntry.action) == "schedule.exception.set"))
    assert after.number == before.number + 1
    assert [(row.audience, row.key) for row in told] == [("west", "kickoff")]
    assert [(line.actor, line.data["change"], line.data["why"]) for line in lines] == [("maj", change.id, "training")]


async def test_nobody_hears_of_what_another_consortium_decides(town: Town) -> None:
    await decide(town, "west", closed("kickoff"))
    async with town.database.reading(town.branches["teg"].scope) as session:
        assert await exceptions_over(session, town.branches["teg"]) == []
        assert await exceptions_at(session, town.targets["west"]) == []


async def test_the_target_decides_the_level_and_the_first_decision_its_time(town: Town) -> None:
    await decide(town, "west", closed("kickoff"))
    first = town.clock.now()
    town.clock.advance(timedelta(hours=1))
    await decide(town, "west", closed("kickoff", FRIDAY + timedelta(days=1)))
    async with town.database.reading(WEST) as session:
        (view,) = await exceptions_at(session, town.targets["west"])
    assert view.exception.level is Level.CONSORTIUM
    assert view.exception.decided_at == first
    assert view.exception.days[0].first == FRIDAY + timedelta(days=1)


async def test_two_levels_cannot_use_one_id_but_two_branches_can(town: Town) -> None:
    await decide(town, "nora", closed("stangt"))
    await decide(town, "lind", closed("stangt"))
    with pytest.raises(ScheduleRefusal) as refused:
        await decide(town, "west", closed("stangt"))
    assert refused.value.reason is Refused.TAKEN


async def test_what_comes_back_by_undoing_does_not_take_an_id_that_another_level_uses_by_now(town: Town) -> None:
    await decide(town, "nora", closed("stangt"))
    at = town.targets["nora"]
    async with town.database.session(at.scope) as session:
        gone = await remove_exception(session, at, "stangt", "maj")
    await decide(town, "west", closed("stangt"))

    async with town.database.session(at.scope) as session:
        with pytest.raises(ScheduleRefusal) as refused:
            await undo(session, gone.id, "maj")

    assert refused.value.reason is Refused.TAKEN
    assert await state(town, "nora") == "closed by exception:consortium:stangt"


async def test_no_exception_has_the_name_of_the_staffs_list(town: Town) -> None:
    # Its guests would be told to the door as staff, who come in while everybody else stays outside.
    for place in ("nora", "west"):
        with pytest.raises(ValueError, match="the staff's list"):
            await decide(town, place, closed("staff"))


async def test_a_draft_holds_for_nobody_until_it_is_published_beside_what_it_replaces(town: Town) -> None:
    await decide(town, "nora", open_late("fredag"))
    await decide(town, "nora", closed("fredag"), draft=True)
    assert await state(town, "nora") == "self_service by exception:branch:fredag"
    at = town.targets["nora"]
    async with town.database.reading(at.scope) as session:
        shown = [
            (view.id, view.is_draft) for view in await exceptions_over(session, town.branches["nora"], drafts=True)
        ]
        assert shown == [("fredag", False), ("fredag", True)]
        assert len(await exceptions_over(session, town.branches["nora"])) == 1
    async with town.database.session(at.scope) as session:
        done = await publish_draft(session, at, "fredag", "maj")
    assert await state(town, "nora") == "closed by exception:branch:fredag"
    async with town.database.session(at.scope) as session:
        await undo(session, done.id, "eva")
    assert await state(town, "nora") == "self_service by exception:branch:fredag"
    async with town.database.session(at.scope) as session:
        drafts = [view for view in await exceptions_of(session, [at], drafts=True) if view.is_draft]
        assert [view.exception.days[0].contents for view in drafts] == [(Closed(),)]
        await publish_draft(session, at, "fredag", "maj")


async def test_a_draft_is_not_published_over_what_somebody_decided_meanwhile(town: Town) -> None:
    at = town.targets["nora"]
    await decide(town, "nora", open_late("fredag"))
    await decide(town, "nora", closed("fredag"), draft=True)
    await decide(town, "nora", closed("fredag", FRIDAY + timedelta(days=7)))
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(at.scope) as session:
            await publish_draft(session, at, "fredag", "maj")
    assert refused.value.reason is Refused.STALE
    async with town.database.session(at.scope) as session:
        await discard_draft(session, at, "fredag", "maj")
        with pytest.raises(ScheduleRefusal):
            await publish_draft(session, at, "fredag", "maj")


async def test_whoever_saves_an_old_version_is_told_so_and_nothing_is_lost(town: Town) -> None:
    at = town.targets["nora"]
    first = await decide(town, "nora", closed("fredag"), revision=0)
    await decide(town, "nora", open_late("fredag"), revision=first.id)
    for stale in (0, first.id):
        with pytest.raises(ScheduleRefusal) as refused:
            await decide(town, "nora", closed("fredag"), revision=stale)
        assert refused.value.reason is Refused.STALE
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(at.scope) as session:
            await remove_exception(session, at, "fredag", "maj", revision=first.id)
    assert refused.value.reason is Refused.STALE
    assert await state(town, "nora", 22) == "self_service by exception:branch:fredag"


async def test_of_two_who_save_at_the_same_moment_one_is_told_and_every_version_is_kept(town: Town) -> None:
    async def save(who: str) -> bool:
        with suppress(ScheduleRefusal):
            async with town.database.session(town.branches["nora"].scope) as session:
                await asyncio.sleep(0)
                await set_pattern(session, town.branches["nora"], WEEK, who, version=1)
                return True
        return False

    saved = await asyncio.gather(*(save(who) for who in ("anna", "bo", "cia")))
    assert sorted(saved) == [False, False, True]
    async with town.database.reading(WEST) as session:
        done = [change.by for change in await history(session, town.targets["nora"])]
    assert len(done) == 2
    assert done[-1] == "seed"


async def test_many_who_decide_at_the_same_moment_are_all_heard(town: Town) -> None:
    await asyncio.gather(*(decide(town, "west", closed(f"day-{number}")) for number in range(8)))
    async with town.database.reading(WEST) as session:
        assert len(await exceptions_at(session, town.targets["west"])) == 8
        told = select(func.count()).select_from(Change).where(col(Change.kind) == "exception")
        assert await session.scalar(told) == 8
        assert len(await history(session, town.targets["west"])) == 8


async def test_a_removed_exception_is_a_tombstone_for_devices(town: Town) -> None:
    at = town.targets["berg"]
    await decide(town, "berg", closed("kickoff"))
    async with town.database.session(at.scope) as session:
        await remove_exception(session, at, "kickoff", "maj")
    assert await state(town, "nora") == "staffed by week"
    async with town.database.reading(WEST) as session:
        row = await session.scalar(select(Change).where(col(Change.kind) == "exception"))
    assert (row.audience, row.key, row.value) == ("berg", "kickoff", None)
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(at.scope) as session:
            await remove_exception(session, at, "kickoff", "maj")
    assert refused.value.reason is Refused.UNKNOWN


async def test_a_municipality_sees_what_its_consortium_decided_and_not_what_its_neighbour_did(town: Town) -> None:
    await decide(town, "west", closed("alla"))
    await decide(town, "lind", closed("lind-bara"))
    nora = town.branches["nora"]
    async with town.database.reading(Scope.of_controller("west", "nora-kommun")) as session:
        assert [view.id for view in await exceptions_over(session, nora)] == ["alla"]
        assert [change.key for change in await history(session, nora) if change.key != "-"] == ["alla"]
