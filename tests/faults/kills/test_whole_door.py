"""The whole door, killed fifty times in the midst of visits, before the real server: every row arrives, and once."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlmodel import select

from meroppet.ils.acs_simulator import RegisterAccount, serve
from meroppet.ils.fake import Library
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.runtime.clock import SystemClock
from server.app import Server, build
from server.journal.models import JournalRow
from server.organisations.service import BranchView
from server.patrons.service import Holder, set_right
from tests.faults.kills.keeper import Keeper, Notified
from tests.integration.door import town
from tests.integration.door.house import House

KILLS = 50
LATE, BACK = 0.5, 3.0
LONGEST_LIFE = 0.7
PLACES = ("card_reader", "keypad", "indicator", "sounder", "display", "barcode_scanner")


@dataclass
class Site:
    """A door that can be killed, and the server it tells everything to."""

    house: House
    server: Server
    branch: BranchView
    keeper: Keeper
    notified: Notified
    took: list[float] = field(default_factory=list)
    locked_after: list[float] = field(default_factory=list)

    async def start(self) -> None:
        """The door, from fork to ready; the loop goes on meanwhile, it serves the board and the server."""
        self.took.append(await asyncio.to_thread(self.notified.ready, self.keeper.hatch))
        async with asyncio.timeout(20):
            await self.house.board.until(lambda state: {"exit", "card_reader", "keypad"} <= state.attached)

    async def kill(self) -> None:
        """The door, in whatever it is doing."""
        await asyncio.to_thread(self.keeper.kill)
        began = time.monotonic()
        async with asyncio.timeout(20):
            await self.house.board.until(lambda state: state.locked)
        self.locked_after.append(time.monotonic() - began)

    def on_disk(self) -> list[tuple[int, str]]:
        """The door's own rows."""
        connection = sqlite3.connect(self.house.folder / "state" / "journal.db")
        rows = connection.execute("SELECT seq, kind FROM row ORDER BY seq").fetchall()
        connection.close()
        return rows

    async def at_the_server(self) -> list[tuple[int, str]]:
        """What the server has of them."""
        async with self.server.database.session(self.branch.scope) as session:
            return sorted((row.seq, row.kind) for row in await session.all(select(JournalRow)))


def _config(house: House) -> str:
    board = f'socket = "{house.board.path}"'
    tables = [f"[{place}]\n{board}" for place in PLACES]
    tables += [
        f'[{place}]\n{board}\npart = "{part}"' for place, part in (("contact", "contact"), ("exit_button", "exit"))
    ]
    own = f'state_dir = "{house.folder}/state"\nlockd_socket = "{house.folder}/lockd.sock"\n'
    return own + "\n".join(tables) + "\n"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    house, clock = House(), SystemClock()
    library = Library([town._person(town.ASTRID)], [], lambda: clock.now().date())
    accounts = [RegisterAccount("skiljebo", "hemligt", "skiljebo")]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    server = build(town._settings(house.folder, register.port), clock)
    branch = await town._seeded(server, Policy(minimum_age=18))
    async with server.database.session(branch.scope) as session:
        holder = Holder("vastmanland", CardNumber(town.ASTRID.card))
        await set_right(session, server.keys, branch, holder, Right(permitted=True), by="staff")
    async with town._listening(server) as url:
        await house.board.start()
        await house.start_lockd()
        await town._enrolled(house, server, branch, url)
        (house.folder / "door.toml").write_text(_config(house))
        notified = Notified(house.folder / "notify")
        environment = {"NOTIFY_SOCKET": str(notified.path)}
        keeper = await asyncio.to_thread(Keeper, "door", house.folder, environment)
        yield Site(house, server, branch, keeper, notified)
        await asyncio.to_thread(keeper.close)
        notified.close()
    await register.close()
    await server.close()
    await house.close()


def _somebody_comes(house: House, draw: random.Random) -> None:
    if draw.random() < 0.5:
        house.board.press_exit()
    else:
        house.board.tap(town.ASTRID.card)
        house.pin(town.ASTRID.pin)


async def test_fifty_kills_of_the_whole_door_lose_nothing_and_repeat_nothing(site: Site) -> None:
    draw = random.Random(6)

    for _ in range(KILLS):
        await site.start()
        _somebody_comes(site.house, draw)
        await asyncio.sleep(draw.uniform(0, LONGEST_LIFE))
        await site.kill()
    await site.start()
    kept = len(site.on_disk())

    async with asyncio.timeout(60):
        while len(await site.at_the_server()) < kept:  # noqa: ASYNC110 (the database has no event for it)
            await asyncio.sleep(0.05)
    await site.kill()
    on_disk, arrived = site.on_disk(), await site.at_the_server()
    assert [seq for seq, _ in on_disk] == list(range(1, len(on_disk) + 1))
    assert arrived == on_disk[: len(arrived)]
    assert len(arrived) >= kept > KILLS
    assert site.house.board.releases > KILLS / 10
    assert max(site.locked_after) <= LATE
    assert max(site.took) <= BACK
