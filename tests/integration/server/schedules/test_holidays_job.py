"""Every consortium's devices know their holidays far ahead, and are told when there is something new to know."""

from datetime import date, timedelta

from meroppet.rules.branch import BranchState
from server.db import unscoped
from server.organisations.service import add_organisation
from server.replication.service import position
from server.schedules.holidays import holidays_of, roll, set_country
from server.schedules.service import schedule_of

from .conftest import WEST, Town

JOB = unscoped("a job of the server's own")


async def rolled(town: Town) -> int:
    async with town.database.session(JOB) as session:
        return await roll(session, town.clock.now())


async def test_a_consortium_that_has_none_is_told_and_only_a_new_month_is_told_again(town: Town) -> None:
    async with town.database.session(JOB) as session:
        await add_organisation(session, "south", "consortium", "South")
    assert [await rolled(town) for _ in range(2)] == [1, 0]
    town.clock.advance(timedelta(days=7))
    assert await rolled(town) == 0
    town.clock.advance(timedelta(days=1))
    assert [await rolled(town) for _ in range(2)] == [3, 0]
    async with town.database.reading(WEST) as session:
        at = await position(session, "west")
        view = await schedule_of(session, "nora")
    assert at.number > 0
    assert view is not None
    assert view.schedule.known_until == date(2028, 1, 31)


async def test_what_is_not_known_yet_is_closed_and_says_so(town: Town) -> None:
    async with town.database.reading(WEST) as session:
        view = await schedule_of(session, "nora")
    assert view is not None
    answer = view.hours.state_at(town.clock.now() + timedelta(days=500))
    assert (answer.state, str(answer.rule)) == (BranchState.CLOSED, "horizon")
    assert (view.schedule.known_until or date.min) - town.clock.now().date() > timedelta(days=60)


async def test_a_consortium_may_lie_in_another_country(town: Town) -> None:
    async with town.database.session(WEST) as session:
        await set_country(session, "west", "NO")
        document = await holidays_of(session, "west")
    assert document is not None
    assert (date(2027, 5, 17)) in {found.day for found in document.days}
    town.clock.advance(timedelta(days=40))
    assert await rolled(town) == 2
    async with town.database.reading(WEST) as session:
        document = await holidays_of(session, "west")
    assert document is not None
    assert "constitution_day" in {found.key for found in document.days}
