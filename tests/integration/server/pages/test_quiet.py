"""Staff hear once that nobody comes although people usually do, and only where the server can know it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.db import unscoped
from server.visits.noticing import notice
from server.visits.service import VisitRow, keep
from tests.integration.server.pages.conftest import SignIn, Site
from tests.integration.server.pages.test_devices import device

EVERYBODY = unscoped("the test looks at all")
TOLD = "Nobody has been let in although people usually are"


async def _visits(site: Site, *ago: timedelta) -> None:
    at = await site.branch("nora")
    now = site.parts.clock.now()
    rows = [
        VisitRow(at.consortium, at.controller, at.id, "door-1", "e", number, now - each, now, "0" * 32)
        for number, each in enumerate(ago, 1)
    ]
    async with site.parts.database.session(EVERYBODY) as session:
        await keep(session, rows, [])


def _usual() -> list[timedelta]:
    return [timedelta(days=7, minutes=5 * number) for number in range(1, 13)]


async def _look(site: Site) -> None:
    async with site.parts.database.session(EVERYBODY) as session:
        await notice(session)


async def _branch_page(sign_in: SignIn) -> str:
    return (await (await sign_in("branch")).get("/branches/nora?lang=en")).text


async def test_it_is_told_once_for_each_time(site: Site, sign_in: SignIn) -> None:
    await device(site, {})
    await _visits(site, timedelta(hours=2), *_usual())

    await _look(site)
    await _look(site)

    visitor = await sign_in("branch")
    assert (await visitor.get("/branches/nora?lang=en")).text.count(TOLD) == 1
    await visitor.post("/branches/nora/seen", on="/branches/nora")
    await _look(site)
    assert TOLD not in (await visitor.get("/branches/nora?lang=en")).text


@pytest.mark.parametrize("health", [{"unsent": 3}, {"at": datetime(2026, 1, 1, tzinfo=UTC)}])
async def test_a_door_that_has_not_told_everything_is_not_judged(
    site: Site, sign_in: SignIn, health: dict[str, Any]
) -> None:
    await device(site, health)
    await _visits(site, timedelta(hours=2), *_usual())

    await _look(site)

    assert TOLD not in await _branch_page(sign_in)


async def test_where_people_come_nothing_is_told(site: Site, sign_in: SignIn) -> None:
    await device(site, {})
    await _visits(site, timedelta(minutes=20), *_usual())

    await _look(site)

    assert TOLD not in await _branch_page(sign_in)
