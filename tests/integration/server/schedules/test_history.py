"""Every change can be looked up with its author, and taken back unless somebody has changed the thing since."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from meroppet.rules.exceptions import Level
from meroppet.rules.intervals import DEFAULT_WEEK
from meroppet.wire.enrolment import DeviceKind
from server.db import unscoped
from server.devices.models import Device, DeviceHealth
from server.organisations.service import add_branch
from server.schedules.delivery import delivery, number_of_change
from server.schedules.exceptions import put_exception, remove_exception
from server.schedules.history import history, undo
from server.schedules.pattern_drafts import discard_pattern_draft, pattern_draft, put_pattern_draft
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import schedule_of, set_pattern
from server.schedules.targets import branches_under, may_decide, target, targets_for, targets_over
from server.staff.access import Access, Grant, Role

from .conftest import WEEK, WEST, ZONE, Town
from .test_exceptions import closed

OTHER = replace(WEEK, weekly=DEFAULT_WEEK)


async def test_undoing_what_was_set_decided_or_removed_leaves_the_hours_as_they_were(town: Town) -> None:
    nora, at = town.branches["nora"], town.targets["nora"]
    async with town.database.session(nora.scope) as session:
        await put_exception(session, at, closed("old"), "maj")
        before = await schedule_of(session, "nora")
    done = []
    async with town.database.session(nora.scope) as session:
        view = await set_pattern(session, nora, OTHER, "maj")
        assert view.change is not None
        done.append(view.change)
        done.append(await put_exception(session, at, closed("new"), "maj"))
        done.append(await put_exception(session, at, closed("old", date(2026, 12, 1)), "maj"))
        done.append(await remove_exception(session, at, "old", "maj"))
    for change in reversed(done):
        async with town.database.session(nora.scope) as session:
            await undo(session, change.id, "eva")
    async with town.database.reading(nora.scope) as session:
        after = await schedule_of(session, "nora")
        told = await history(session, at)
    assert before is not None
    assert after is not None
    assert after.schedule == before.schedule
    assert [(change.by, change.undoes) for change in told[:4]] == [("eva", change.id) for change in done]
    assert {change.id: change.undone_by for change in told[4:8]} == {
        change.id: found.id for change, found in zip(done, told[:4], strict=True)
    }


async def test_an_undoing_can_be_undone(town: Town) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        view = await set_pattern(session, nora, OTHER, "maj")
        assert view.change is not None
        undone = await undo(session, view.change.id, "maj")
        await undo(session, undone.id, "maj")
        again = await schedule_of(session, "nora")
    assert again is not None
    assert again.schedule.weekly == OTHER.weekly
    assert again.version == 4


async def test_what_has_changed_since_is_not_undone_and_nothing_is_written(town: Town) -> None:
    nora, at = town.branches["nora"], town.targets["nora"]
    async with town.database.session(nora.scope) as session:
        first = await put_exception(session, at, closed("kickoff"), "maj")
        await put_exception(session, at, closed("kickoff", date(2026, 12, 1)), "eva")
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(nora.scope) as session:
            await undo(session, first.id, "maj")
    assert refused.value.reason is Refused.CHANGED_SINCE
    async with town.database.reading(nora.scope) as session:
        assert len([change for change in await history(session, at) if change.key == "kickoff"]) == 2
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(nora.scope) as session:
            await undo(session, 10_000, "maj")
    assert refused.value.reason is Refused.UNKNOWN


async def test_the_first_hours_of_a_branch_can_be_undone_and_then_it_has_none(town: Town) -> None:
    async with town.database.session(WEST) as session:
        fresh = await add_branch(session, "ny", "Ny", "lind-kommun", ZONE, "0", date(2026, 1, 1))
        view = await set_pattern(session, fresh, WEEK, "maj", version=0)
        assert view.change is not None
        await undo(session, view.change.id, "maj")
        assert await schedule_of(session, "ny") is None
        again = await set_pattern(session, fresh, WEEK, "maj", version=0)
    assert again.version == 3


async def test_a_branch_sees_its_own_history_and_that_of_every_level_above_it(town: Town) -> None:
    async with town.database.session(WEST) as session:
        for place in ("west", "berg", "nora-kommun", "nora", "lind"):
            await put_exception(session, town.targets[place], closed(place), "maj")
        told = [change.key for change in await history(session, town.branches["nora"], limit=4)]
        older = await history(session, town.branches["nora"], before=10)
        (last,) = await history(session, [town.targets["lind"], town.targets["gyttorp"]], limit=1)
    assert told == ["nora", "nora-kommun", "berg", "west"]
    assert all(change.id < 10 for change in older)
    assert last.key == "lind"
    assert last.was is None
    assert last.became == replace(closed("lind"), decided_at=town.clock.now())


@pytest.mark.parametrize(
    ("grant", "places"),
    [
        (Grant(Role.BRANCH, "nora"), ["nora"]),
        (Grant(Role.MUNICIPALITY, "nora-kommun"), ["nora-kommun", "gyttorp", "nora"]),
        (Grant(Role.CONSORTIUM, "north"), ["north", "teg-kommun", "teg"]),
        (
            Grant(Role.CONSORTIUM, "west"),
            ["west", "berg", "lind-kommun", "nora-kommun", "gyttorp", "lind", "nora"],
        ),
    ],
)
async def test_staff_decide_where_their_role_reaches_all_of_the_place(
    town: Town, grant: Grant, places: list[str]
) -> None:
    access = Access(frozenset({grant}))
    async with town.database.reading(unscoped("roles decide")) as session:
        found = await targets_for(session, access)
        everywhere = await targets_for(session, Access(frozenset({Grant(Role.SERVER)})))
    assert [at.id for at in found] == places
    assert [at for at in everywhere if may_decide(access, at)] == found


async def test_a_place_knows_what_lies_beneath_it_and_a_branch_what_lies_over_it(town: Town) -> None:
    async with town.database.reading(town.branches["nora"].scope) as session:
        under = {place: [view.id for view in await branches_under(session, at)] for place, at in town.targets.items()}
        over = [at.level for at in await targets_over(session, town.branches["nora"])]
        assert await target(session, "nowhere") is None
    assert under["west"] == ["gyttorp", "lind", "nora"]
    assert under["berg"] == under["nora-kommun"] == ["gyttorp", "nora"]
    assert under["nora"] == ["nora"]
    assert over == list(Level)


async def test_delivery_says_who_has_a_change_who_is_silent_and_until_when_each_has_hours(town: Town) -> None:
    nora, gyttorp = town.branches["nora"], town.branches["gyttorp"]
    async with town.database.session(WEST) as session:
        change = await put_exception(session, town.targets["berg"], closed("kickoff"), "maj")
    async with town.database.session(WEST) as session:
        number = await number_of_change(session, change)
        assert number > 0
        for view, name, told in ((nora, "door", number), (nora, "kiosk", number - 1), (gyttorp, "door", None)):
            device = f"{view.id}-{name}"
            owner: dict[str, Any] = {"consortium_id": view.consortium, "controller_id": view.controller}
            session.add(
                Device(
                    id=device, branch_id=view.id, kind=name, name=name.title(), public_key="", invited_by="maj",
                    enrolled_at=session.now, **owner,
                )
            )  # fmt: skip
            await session.flush()
            if told is not None:
                session.add(
                    DeviceHealth(
                        device_id=device, at=session.now - timedelta(minutes=told != number), version="1", clock="ntp",
                        clock_ahead_seconds=0, change=told, unsent=0, hours_until=date(2027, 12, 31), **owner,
                    )
                )  # fmt: skip
    async with town.database.reading(WEST) as session:
        rows = await delivery(session, [nora, gyttorp], number)
    assert [(row.branch.id, row.kind, row.has_it, row.is_silent, row.hours_until) for row in rows] == [
        ("nora", DeviceKind.DOOR, True, False, date(2027, 12, 31)),
        ("nora", DeviceKind.KIOSK, False, True, date(2027, 12, 31)),
        ("gyttorp", DeviceKind.DOOR, False, True, None),
    ]


async def test_a_drafted_pattern_holds_for_nobody_and_knows_what_it_was_begun_from(town: Town) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        await put_pattern_draft(session, nora, OTHER, "maj")
        await set_pattern(session, nora, WEEK, "eva")
        await put_pattern_draft(session, nora, replace(OTHER, first_person_in=True), "maj")
    async with town.database.session(nora.scope) as session:
        view = await schedule_of(session, "nora")
        draft = await pattern_draft(session, nora)
        assert view is not None
        assert draft is not None
        assert (view.schedule.weekly, draft.schedule.first_person_in, draft.base) == (WEEK.weekly, True, 1)
        with pytest.raises(ScheduleRefusal):
            await set_pattern(session, nora, draft.schedule, "maj", version=draft.base)
        await discard_pattern_draft(session, nora)
        assert await pattern_draft(session, nora) is None


def test_a_refusal_names_the_rule_and_the_moment() -> None:
    assert "somebody" in str(ScheduleRefusal(Refused.STALE)).casefold()
