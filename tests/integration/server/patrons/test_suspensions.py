"""A suspension is a decision with an end: it is told to the doors in its days, and to nobody else's."""

from datetime import date, timedelta

import pytest

from server.patrons.reach import Reach
from server.patrons.service import forget, purge
from server.patrons.suspensions import (
    Notice,
    Suspension,
    SuspensionReason,
    SuspensionRefusal,
    lift,
    notice_given,
    suspend,
    suspension,
    turn_over,
)

from .conftest import ASTRID, SEED, Place

DAY = timedelta(days=1)


def today(place: Place) -> date:
    return place.clock.now().date()


async def kept_out(place: Place, patron: str, wanted: Suspension, branch: str = "nora") -> SuspensionRefusal | None:
    at = place.branches[branch]
    async with place.database.session(at.scope) as session:
        return await suspend(session, place.keys, at, [patron], wanted, by="maj")


def a_week(place: Place, reach: Reach = Reach.BRANCH, starts_in: int = 0) -> Suspension:
    first = today(place) + starts_in * DAY
    return Suspension(reason=SuspensionReason.DISTURBANCE, first=first, last=first + 6 * DAY, reach=reach)


async def number_of(place: Place, card: str = ASTRID, branch: str = "nora") -> str:
    found = await place.rights(card, branch)
    assert found is not None
    return found.suspensions[0].id


async def test_it_reaches_the_doors_it_is_for_and_leaves_the_permission(place: Place) -> None:
    patron = await place.give(ASTRID, reach=Reach.CONSORTIUM)
    reached: list[set[str]] = []

    for reach in Reach:
        assert await kept_out(place, patron, a_week(place, reach)) is None
        told = {name: await place.door(ASTRID, name) for name in ("nora", "gyttorp", "lind")}
        assert all(one is not None and one["permitted"] is True for one in told.values())
        reached.append({name for name, one in told.items() if one and one["suspended_until"] is not None})

    assert reached == [{"nora"}, {"nora", "gyttorp"}, {"nora", "gyttorp", "lind"}]


async def test_what_cannot_be_decided_changes_nothing(place: Place) -> None:
    patron, day = await place.give(ASTRID), today(place)
    wrong = Suspension(reason=SuspensionReason.OTHER, first=day, last=day - DAY)

    assert await kept_out(place, patron, wrong) is SuspensionRefusal.ENDS_FIRST

    assert (await place.door(ASTRID) or {})["suspended_until"] is None


async def test_one_that_begins_later_is_told_on_its_first_day(place: Place) -> None:
    patron = await place.give(ASTRID)
    await kept_out(place, patron, a_week(place, starts_in=2))
    assert (await place.door(ASTRID) or {})["suspended_until"] is None

    counts = []
    for _ in range(3):
        async with place.database.session(SEED) as session:
            counts.append(await turn_over(session, place.keys))
        place.clock.advance(DAY)

    assert counts == [0, 0, 1]
    assert (await place.door(ASTRID) or {})["suspended_until"] is not None


async def test_lifting_it_frees_her_at_once_and_keeps_who_did(place: Place) -> None:
    patron, at = await place.give(ASTRID), place.branches["nora"]
    await kept_out(place, patron, a_week(place))
    number = await number_of(place)

    async with place.database.session(at.scope) as session:
        assert await lift(session, place.keys, at, patron, number, by="eva")
        assert not await lift(session, place.keys, at, patron, number, by="eva")

    assert (await place.door(ASTRID) or {})["suspended_until"] is None
    found = await place.rights(ASTRID)
    assert found is not None
    assert [(one.decided_by, one.lifted_by) for one in found.suspensions] == [("maj", "eva")]


@pytest.mark.parametrize("stranger", ["lind", "teg"])
async def test_nobody_elsewhere_reads_lifts_or_notes_it(place: Place, stranger: str) -> None:
    patron = await place.give(ASTRID, reach=Reach.CONSORTIUM)
    await kept_out(place, patron, a_week(place, Reach.CONSORTIUM))
    number, there = await number_of(place), place.branches[stranger]

    async with place.database.session(there.scope) as session:
        assert await suspension(session, there, patron, number) is None
        assert not await lift(session, place.keys, there, patron, number, by="eve")
        assert not await notice_given(session, there, patron, number, Notice.HANDED)

    assert (await place.door(ASTRID) or {})["suspended_until"] is not None


async def test_it_ends_by_itself_and_is_gone_thirty_days_later(place: Place) -> None:
    patron = await place.give(ASTRID)
    await kept_out(place, patron, a_week(place))
    place.clock.advance(7 * DAY)
    found = await place.rights(ASTRID)
    assert found is not None
    assert found.effective is not None
    assert found.effective.suspended_until is None
    async with place.database.session(SEED) as session:
        assert [await turn_over(session, place.keys), await turn_over(session, place.keys)] == [1, 0]
    assert (await place.door(ASTRID) or {})["suspended_until"] is None
    counts = []

    for days in (29, 2):
        place.clock.advance(days * DAY)
        async with place.database.session(SEED) as session:
            counts.append(await purge(session, place.keys, place.clock.now()))

    assert counts == [0, 1]
    assert (await place.door(ASTRID) or {})["suspended_until"] is None


async def test_who_asks_to_be_forgotten_is_kept_out_until_the_end_and_then_forgotten(place: Place) -> None:
    patron, at = await place.give(ASTRID), place.branches["nora"]
    await kept_out(place, patron, a_week(place))

    async with place.database.session(at.scope) as session:
        assert await forget(session, place.keys, at, patron, reach=Reach.BRANCH) == 1
    told = await place.door(ASTRID)
    assert told is not None
    assert (told["permitted"], told["suspended_until"] is not None) == (None, True)

    place.clock.advance(40 * DAY)
    async with place.database.session(SEED) as session:
        await purge(session, place.keys, place.clock.now())
    assert await place.door(ASTRID) is None
    assert await place.patron(ASTRID) is None
