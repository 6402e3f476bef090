"""A consortium with a group, two municipalities and three branches that have hours, on both databases."""

from dataclasses import dataclass
from datetime import date

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from server.db import Database, Scope, unscoped
from server.organisations.service import BranchView, add_branch, add_organisation, branches
from server.schedules.service import set_pattern
from server.schedules.targets import Target, target
from tests.fakes.clocks import ManualClock
from tests.integration.server.databases import Seed

ZONE = "Europe/Stockholm"
WEST = Scope.of_consortium("west")
DAY = (Interval(360, 1320, BranchState.SELF_SERVICE), Interval(600, 1080, BranchState.STAFFED))
WEEK = Schedule(ZONE, (DAY,) * 7)
PLACES = {"nora": "nora-kommun", "gyttorp": "nora-kommun", "lind": "lind-kommun"}


@dataclass(frozen=True, slots=True)
class Town:
    """The database, its clock, and what was made in it."""

    database: Database
    clock: ManualClock
    branches: dict[str, BranchView]
    targets: dict[str, Target]


@pytest.fixture(scope="session")
def database_seed() -> Seed:
    return Seed("schedules", _seed)


@pytest.fixture
async def town(database: Database, clock: ManualClock) -> Town:
    async with database.reading(unscoped("a test's consortium")) as session:
        known = {view.id: view for view in await branches(session)}
        places = ("west", "berg", "nora-kommun", "lind-kommun", "nora", "gyttorp", "lind")
        found = {place: await target(session, place) for place in places}
    return Town(database, clock, known, {place: at for place, at in found.items() if at is not None})


async def _seed(database: Database) -> None:
    async with database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "west", "consortium", "West")
        await add_organisation(session, "north", "consortium", "North")
        await add_organisation(session, "berg", "group", "Bergslagen", parents=["west"])
        await add_organisation(session, "nora-kommun", "municipality", "Nora", parents=["berg", "west"])
        await add_organisation(session, "lind-kommun", "municipality", "Lind", parents=["west"])
        await add_organisation(session, "teg-kommun", "municipality", "Umeå", parents=["north"])
        for name, controller in {**PLACES, "teg": "teg-kommun"}.items():
            made = await add_branch(session, name, name.title(), controller, ZONE, "0", date(2026, 1, 1))
            await set_pattern(session, made, WEEK, "seed")
