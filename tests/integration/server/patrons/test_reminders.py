"""Access that ends within 30 days is on the list once, until it is given anew; others see nothing of it."""

from datetime import timedelta

from meroppet.rules.eligibility import Right
from server.patrons.reach import Reach
from server.patrons.reminders import AHEAD, Ending, count, ending, list_due, remind

from .conftest import ASTRID, BERTIL, CECILIA, SEED, Place

DAY = timedelta(days=1)


async def made(place: Place) -> int:
    async with place.database.session(SEED) as session:
        return await list_due(session)


async def listed(place: Place, branch: str = "nora") -> list[Ending]:
    async with place.database.reading(place.branches[branch].scope) as session:
        return await ending(session, place.keys, place.branches[branch])


async def test_the_daily_job_lists_what_ends_within_thirty_days_once(place: Place) -> None:
    today = place.clock.now().date()
    for card, days in ((ASTRID, 0), (BERTIL, AHEAD.days), (CECILIA, AHEAD.days + 1), ("10000004", -1)):
        await place.give(card, Right(permitted=True, valid_until=today + days * DAY))
    await place.give("10000005")
    await place.give("10000006", Right(permitted=False, valid_until=today))

    assert [await made(place), await made(place)] == [2, 0]

    assert [one.number.value for one in await listed(place)] == [ASTRID, BERTIL]
    assert ASTRID not in repr(await listed(place))


async def test_who_was_reminded_is_marked_and_a_renewed_right_leaves_the_list(place: Place) -> None:
    today, at = place.clock.now().date(), place.branches["nora"]
    for days, card in enumerate((ASTRID, BERTIL)):
        await place.give(card, Right(permitted=True, valid_until=today + days * DAY), reach=Reach.MUNICIPALITY)
    await made(place)
    (first, _) = await listed(place, "gyttorp")

    async with place.database.session(at.scope) as session:
        assert await remind(session, at, [first.right]) == 1
        assert await count(session, at) == 1
    await place.give(BERTIL, Right(permitted=True, valid_until=today + 365 * DAY), reach=Reach.MUNICIPALITY)

    assert [one.reminded_at is not None for one in await listed(place)] == [True]
    assert await made(place) == 0


async def test_another_municipality_neither_sees_nor_marks_it(place: Place) -> None:
    today = place.clock.now().date()
    await place.give(ASTRID, Right(permitted=True, valid_until=today), reach=Reach.CONSORTIUM)
    await made(place)
    (one,) = await listed(place)

    for stranger in ("lind", "teg"):
        there = place.branches[stranger]
        assert await listed(place, stranger) == []
        async with place.database.session(there.scope) as session:
            assert await remind(session, there, [one.right]) == 0
