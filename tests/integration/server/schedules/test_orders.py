"""Orders and quick actions: what they do to a branch, what the log says of them, and taking them back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Level, Order, OrderKind
from meroppet.rules.provenance import Answer
from server.audit.models import AuditEntry
from server.db import unscoped
from server.replication.models import Change
from server.schedules.history import history, undo
from server.schedules.orders import give_order, orders_over, purge, take_back
from server.schedules.quick import close_now, extend_today, no_self_service_tonight, reopen
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import schedule_of

from .conftest import WEST, Town


async def answer(town: Town, branch: str = "nora", at: datetime | None = None) -> Answer:
    async with town.database.reading(town.branches[branch].scope) as session:
        view = await schedule_of(session, branch)
    assert view is not None
    return view.hours.state_at(at or town.clock.now())


def emergency(town: Town, key: str = "vatten") -> Order:
    return Order(id=key, level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=town.clock.now())


async def test_a_branch_closed_at_once_is_closed_until_it_is_reopened_and_both_are_told(town: Town) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        done = await close_now(session, nora, "maj", None, "water", (("sv", "Vattenläcka"),))
    assert (await answer(town)).state is BranchState.EMERGENCY_CLOSED
    assert (await answer(town)).rule.reasons == (("sv", "Vattenläcka"),)
    assert (await answer(town, "gyttorp")).state is BranchState.STAFFED

    town.clock.advance(timedelta(hours=1))
    async with town.database.session(nora.scope) as session:
        await reopen(session, nora, "eva", "dry again")
    assert (await answer(town)).state is BranchState.STAFFED
    assert (await answer(town, at=done.at)).state is BranchState.EMERGENCY_CLOSED
    async with town.database.reading(WEST) as session:
        rows = await session.all(
            select(AuditEntry).where(col(AuditEntry.branch_id) == "nora").order_by(col(AuditEntry.id))
        )
        changes = await history(session, town.targets["nora"])
    told = [(row.actor, row.action, row.data["why"]) for row in rows if row.action != "schedule.pattern.set"]
    assert told == [("maj", "schedule.closed_now", "water"), ("eva", "schedule.reopened", "dry again")]
    assert [change.why for change in changes][:2] == ["dry again", "water"]


async def test_closing_a_closed_branch_again_changes_how_long_and_stays_one_order(town: Town) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        await close_now(session, nora, "maj", None, "water")
    town.clock.advance(timedelta(minutes=5))
    async with town.database.session(nora.scope) as session:
        await close_now(session, nora, "maj", town.clock.now() + timedelta(hours=1), "not long")
    async with town.database.reading(nora.scope) as session:
        (given,) = await orders_over(session, nora)
    assert given.order.end == town.clock.now() + timedelta(hours=1)
    assert given.order.start == town.clock.now() - timedelta(minutes=5)


async def test_the_wrong_button_is_undone_without_a_trace_in_the_hours(town: Town) -> None:
    nora = town.branches["nora"]
    async with town.database.reading(nora.scope) as session:
        before = await schedule_of(session, "nora")
    for action in (
        lambda session: close_now(session, nora, "maj", None, ""),
        lambda session: no_self_service_tonight(session, nora, "maj", ""),
        lambda session: extend_today(session, nora, "maj", 23 * 60, ""),
    ):
        async with town.database.session(nora.scope) as session:
            done = await action(session)
        town.clock.advance(timedelta(seconds=5))
        async with town.database.session(nora.scope) as session:
            await undo(session, done.id, "maj")
        async with town.database.reading(nora.scope) as session:
            after = await schedule_of(session, "nora")
        assert before is not None
        assert after is not None
        assert after.schedule == before.schedule


async def test_reopening_takes_back_all_of_the_branchs_own_and_undoing_it_closes_as_before(town: Town) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        await close_now(session, nora, "maj", None, "")
        await no_self_service_tonight(session, nora, "maj", "")
    town.clock.advance(timedelta(minutes=1))
    async with town.database.session(nora.scope) as session:
        done = await reopen(session, nora, "maj")
    assert (await answer(town)).state is BranchState.STAFFED
    async with town.database.session(nora.scope) as session:
        await undo(session, done.id, "maj")
    assert (await answer(town)).state is BranchState.EMERGENCY_CLOSED
    async with town.database.reading(nora.scope) as session:
        assert all(given.holds_at(town.clock.now()) for given in await orders_over(session, nora))


async def test_a_branch_cannot_open_what_somebody_wider_has_closed_and_hears_who(town: Town) -> None:
    nora, kommun = town.branches["nora"], town.targets["nora-kommun"]
    async with town.database.session(kommun.scope) as session:
        await give_order(session, kommun, emergency(town), "chef", "storm")
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(nora.scope) as session:
            await reopen(session, nora, "maj")
    assert (refused.value.reason, refused.value.level) == (Refused.CLOSED_WIDER, Level.MUNICIPALITY)
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(town.branches["lind"].scope) as session:
            await reopen(session, town.branches["lind"], "maj")
    assert refused.value.reason is Refused.NOT_CLOSED


async def test_an_order_that_has_not_begun_is_removed_and_one_that_has_ended_stays(town: Town) -> None:
    at, nora = town.targets["nora"], town.branches["nora"]
    later = replace(emergency(town, "later"), start=town.clock.now() + timedelta(days=1))
    async with town.database.session(at.scope) as session:
        await give_order(session, at, emergency(town), "maj")
        await give_order(session, at, later, "maj")
    town.clock.advance(timedelta(minutes=1))
    async with town.database.session(at.scope) as session:
        await take_back(session, at, "later", "maj")
        await take_back(session, at, "vatten", "maj")
    async with town.database.reading(at.scope) as session:
        assert [given.id for given in await orders_over(session, nora)] == ["vatten"]
    for key, reason in (("vatten", Refused.PAST), ("later", Refused.UNKNOWN)):
        with pytest.raises(ScheduleRefusal) as refused:
            async with town.database.session(at.scope) as session:
                await take_back(session, at, key, "maj")
        assert refused.value.reason is reason


async def test_orders_that_ended_long_ago_leave_the_devices_but_not_the_history(town: Town) -> None:
    at, nora = town.targets["nora"], town.branches["nora"]
    short = replace(emergency(town), end=town.clock.now() + timedelta(hours=1))
    async with town.database.session(at.scope) as session:
        await give_order(session, at, short, "maj")
        await give_order(session, at, emergency(town, "open-ended"), "maj")
    for days, gone in ((60, 0), (5, 1)):
        town.clock.advance(timedelta(days=days))
        async with town.database.session(unscoped("a job of the server's own")) as session:
            assert await purge(session, town.clock.now()) == gone
    async with town.database.reading(WEST) as session:
        assert [given.id for given in await orders_over(session, nora)] == ["open-ended"]
        row = await session.scalar(select(Change).where(col(Change.kind) == "order", col(Change.key) == "vatten"))
        assert row.value is None
        assert "vatten" in {change.key for change in await history(session, at)}
