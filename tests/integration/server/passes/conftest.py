"""A consortium with a branch, its keys and one door, on both databases."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.policy import Policy
from meroppet.wire.enrolment import DeviceKind
from server.db import Database, unscoped
from server.devices.models import Device
from server.devices.service import DeviceView, device
from server.keys import KeyRing
from server.organisations.service import BranchView, add_branch, add_organisation, branches
from server.policies.service import set_policy
from server.replication.models import Change
from tests.fakes.clocks import ManualClock
from tests.integration.server.databases import Seed

ALL = unscoped("a test looks at everything")


@dataclass(frozen=True, slots=True)
class Place:
    """The branch, and what was told to its devices."""

    database: Database
    clock: ManualClock
    keys: KeyRing
    branches: dict[str, BranchView]

    @property
    def branch(self) -> BranchView:
        return self.branches["nora"]

    async def told(self, kind: str = "pass") -> dict[str, str | None]:
        async with self.database.reading(ALL) as session:
            rows = await session.all(select(Change).where(col(Change.kind) == kind))
        return {row.key: row.value for row in rows}

    async def door(self, name: str = "door-1", branch: str = "nora") -> DeviceView:
        view = self.branches[branch]
        async with self.database.session(view.scope) as session:
            session.add(
                Device(
                    id=name,
                    consortium_id=view.consortium,
                    controller_id=view.controller,
                    branch_id=view.id,
                    kind=DeviceKind.DOOR,
                    name=name,
                    public_key=name,
                    invited_by="ulla",
                    enrolled_at=session.now,
                )
            )
            await session.flush()
            found = await device(session, name)
        assert found is not None
        return found


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("server") / "keys", ("localhost",), datetime.now(UTC))


@pytest.fixture(scope="session")
def database_seed() -> Seed:
    return Seed("passes", _seed)


@pytest.fixture
async def place(database: Database, clock: ManualClock, keys: KeyRing) -> Place:
    async with database.reading(ALL) as session:
        return Place(database, clock, keys, {view.id: view for view in await branches(session)})


async def _seed(database: Database) -> None:
    async with database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "west", "consortium", "Väst")
        for name in ("nora", "lind"):
            await add_organisation(session, f"{name}-kommun", "municipality", name.title(), parents=["west"])
            zone = "Europe/Stockholm"
            made = await add_branch(session, name, name.title(), f"{name}-kommun", zone, "0587-1", date(2026, 1, 1))
            if name == "nora":
                await set_policy(session, made, Policy(minimum_age=18), "ulla")
