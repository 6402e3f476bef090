"""The schedule a device makes of what it was told is the one the server shows, whatever staff do; undoing undoes."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from meroppet.device.replica import Replica
from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    Order,
    OrderKind,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import Interval, Window
from server.db import Session
from server.organisations.service import audiences
from server.replication.service import changes
from server.schedules.exceptions import (
    discard_draft,
    exceptions_at,
    publish_draft,
    put_exception,
    remove_exception,
)
from server.schedules.history import ChangeView, undo
from server.schedules.orders import give_order, orders_at, take_back
from server.schedules.service import schedule_of, set_pattern
from server.schedules.targets import Target

from .conftest import WEEK, WEST, Town

CONTENTS: tuple[Content, ...] = (
    Closed(),
    Closed(Window(1320, 1560)),
    NotBefore(600),
    NotAfter(900),
    NoSelfService(),
    OtherHours((Interval(600, 1380, BranchState.SELF_SERVICE),)),
    MoreHours((Interval(1320, 1500, BranchState.STAFFED),)),
    Event(Window(1080, 1200), listed_only=True),
)


@asynccontextmanager
async def replicas(town: Town) -> AsyncIterator[dict[str, Replica]]:
    with tempfile.TemporaryDirectory() as folder:
        opened = {name: Replica(Path(folder) / name) for name in ("nora", "gyttorp", "lind")}
        yield opened
        for replica in opened.values():
            replica.close()


async def hear(town: Town, known: dict[str, Replica]) -> None:
    for name, replica in known.items():
        async with town.database.reading(town.branches[name].scope) as session:
            page = await changes(
                session, "west", await audiences(session, name, town.branches[name].controller), replica.cursor()
            )
        assert page is not None
        replica.write(page)
        replica.refresh()


async def require_same(town: Town, known: dict[str, Replica]) -> None:
    await hear(town, known)
    for name, replica in known.items():
        async with town.database.reading(town.branches[name].scope) as session:
            view = await schedule_of(session, name)
        hours = replica.hours()
        assert view is not None
        assert hours is not None
        assert hours.schedule == view.schedule


def exception(draw: Random, number: int) -> ScheduleException:
    first = date(2026, 11, 20) + timedelta(days=draw.randrange(30))
    days = tuple(
        ExceptionDay(first=first, last=first + timedelta(days=draw.randrange(5)), contents=(draw.choice(CONTENTS),))
        for _ in range(draw.randint(1, 3))
    )
    return ScheduleException(
        id=f"e{number}", level=Level.BRANCH, days=days, title="Utbildning", reasons=(("sv", "Stängt"),)
    )


async def step(session: Session, town: Town, draw: Random, at: Target, number: int) -> ChangeView | None:
    """One random thing that staff may do."""
    now = session.now
    decided = await exceptions_at(session, at, drafts=True)
    drafts, published = (
        [found for found in decided if found.is_draft],
        [found for found in decided if not found.is_draft],
    )
    given = [found for found in await orders_at(session, at) if found.holds_at(now)]
    match draw.randrange(9):
        case 0 | 1:
            return await put_exception(session, at, exception(draw, number), "maj")
        case 2:
            return await put_exception(session, at, exception(draw, number), "maj", draft=True)
        case 3 if published:
            return await put_exception(
                session, at, _again(draw, published[0].exception), "maj", draft=draw.random() < 0.5
            )
        case 4 if published:
            return await remove_exception(session, at, draw.choice(published).id, "maj")
        case 5 if drafts:
            if draw.random() < 0.3:
                return await discard_draft(session, at, drafts[0].id, "maj")
            if drafts[0].base in {0, *(found.revision for found in published if found.id == drafts[0].id)}:
                return await publish_draft(session, at, drafts[0].id, "maj")
        case 6:
            kind = draw.choice(list(OrderKind))
            return await give_order(session, at, Order(id=f"o{number}", level=at.level, kind=kind, start=now), "maj")
        case 7 if given:
            return await take_back(session, at, given[0].id, "maj")
        case 8 if at.branch:
            week = tuple(draw.sample(WEEK.weekly, 7))
            view = await set_pattern(session, town.branches[at.branch], type(WEEK)(WEEK.zone, week), "maj")
            return view.change
    return None


def _again(draw: Random, before: ScheduleException) -> ScheduleException:
    number = int(before.id.removeprefix("e"))
    return exception(draw, number)


@pytest.mark.parametrize("seed", range(2))
async def test_devices_and_server_always_agree_and_every_change_can_be_undone(town: Town, seed: int) -> None:
    draw = Random(seed)
    places = list(town.targets.values())
    async with replicas(town) as known:
        await require_same(town, known)
        for number in range(16):
            town.clock.advance(timedelta(seconds=draw.randint(1, 5000)))
            at = draw.choice(places)
            before = await _schedules(town)
            async with town.database.session(at.scope) as session:
                done = await step(session, town, draw, at, number)
            await require_same(town, known)
            if done is not None and draw.random() < 0.5:
                town.clock.advance(timedelta(seconds=5))
                async with town.database.session(at.scope) as session:
                    await undo(session, done.id, "eva")
                assert await _schedules(town) == before
                await require_same(town, known)


async def _schedules(town: Town) -> list[object]:
    async with town.database.reading(WEST) as session:
        views = [await schedule_of(session, name) for name in ("nora", "gyttorp", "lind")]
        decided = [await exceptions_at(session, at, drafts=True) for at in town.targets.values()]
    return [
        *(view.schedule for view in views if view is not None),
        *([(own.exception, own.is_draft) for own in found] for found in decided),
    ]
