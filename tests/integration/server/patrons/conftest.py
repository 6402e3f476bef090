"""Patrons of a small consortium and of its neighbour, on both databases; doors are what the replica would tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, cast

import pytest

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from server.db import Database, unscoped
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branches
from server.patrons.reach import Reach
from server.patrons.service import Holder, PatronRights, find, ready_branch, rights_of, set_right
from server.patrons.subjects import branch_keys
from server.replication.service import standing
from tests.fakes.clocks import ManualClock
from tests.integration.server.databases import Seed

REGISTER = "koha"
ASTRID, BERTIL, CECILIA = "10000001", "10000002", "10000003"
SEED = unscoped("a test's seed")


@dataclass(frozen=True, slots=True)
class Place:
    """Branches by name (nora and gyttorp of one municipality, lind of another, teg of another consortium)."""

    database: Database
    keys: KeyRing
    clock: ManualClock
    branches: Mapping[str, BranchView]

    async def give(
        self, card: str, right: Right | None = None, *, branch: str = "nora", reach: Reach = Reach.BRANCH
    ) -> str:
        """A right for a patron of the register; her id."""
        at = self.branches[branch]
        async with self.database.session(at.scope) as session:
            holder = Holder(REGISTER, CardNumber(card))
            made = await set_right(
                session, self.keys, at, holder, right or Right(permitted=True), by="maj", reach=reach
            )
        return made.patron

    async def rights(self, card: str, branch: str = "nora") -> PatronRights | None:
        """What the server says of a card at a branch."""
        at = self.branches[branch]
        async with self.database.reading(at.scope) as session:
            return await rights_of(session, self.keys, at, CardNumber(card), register=REGISTER)

    async def patron(self, card: str, consortium: str = "west") -> str | None:
        """Whose card it is."""
        async with self.database.reading(SEED) as session:
            return await find(session, self.keys, consortium, REGISTER, CardNumber(card))

    async def door(self, card: str, branch: str = "nora") -> dict[str, Any] | None:
        """What the branch's door knows of the holder of a number."""
        at = self.branches[branch]
        async with self.database.reading(SEED) as session:
            named = await branch_keys(session, self.keys, at.id)
            told = await standing(session, at.consortium, [at.id])
        assert named is not None
        subject = named.subject(CardNumber(card))
        found = [item.value for item in told if item.kind == "right" and item.key == subject]
        assert all(isinstance(one, dict) for one in found)
        return cast("dict[str, Any]", found[0]) if found else None


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("patrons") / "keys", ("localhost",), ManualClock().now())


@pytest.fixture(scope="session")
def database_seed(keys: KeyRing) -> Seed:
    return Seed("patrons", partial(_seed, keys))


@pytest.fixture
async def place(database: Database, clock: ManualClock, keys: KeyRing) -> Place:
    async with database.reading(SEED) as session:
        return Place(database, keys, clock, {view.id: view for view in await branches(session)})


async def _seed(keys: KeyRing, database: Database) -> None:
    async with database.session(SEED) as session:
        for consortium, towns in (
            ("west", {"nora": ("nora", "gyttorp"), "lind": ("lind",)}),
            ("north", {"teg": ("teg",)}),
        ):
            await add_organisation(session, consortium, "consortium", consortium.title())
            for town, names in towns.items():
                controller = f"{town}-kommun"
                await add_organisation(session, controller, "municipality", town.title(), parents=[consortium])
                for name in names:
                    made = await add_branch(
                        session, name, name.title(), controller, "Europe/Stockholm", "0587", date(2026, 1, 1)
                    )
                    await ready_branch(session, keys, made)
