"""Whatever is around a whole door: board, lockd, a real server, a register, and settings; the door is one's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from meroppet.ils.acs_simulator import RegisterAccount, serve
from meroppet.ils.fake import Library
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.runtime.clock import SystemClock
from server.app import Server, build
from server.organisations.service import BranchView
from server.patrons.service import Holder, set_right
from tests.integration.door import town
from tests.integration.door.house import House

PLACES = ("card_reader", "keypad", "indicator", "sounder", "display", "barcode_scanner")
PATRON = town.ASTRID


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything but the door."""

    house: House
    server: Server
    branch: BranchView


def _config(house: House) -> str:
    board = f'socket = "{house.board.path}"'
    tables = [f"[{place}]\n{board}" for place in PLACES]
    tables += [
        f'[{place}]\n{board}\npart = "{part}"' for place, part in (("contact", "contact"), ("exit_button", "exit"))
    ]
    own = f'state_dir = "{house.folder}/state"\nlockd_socket = "{house.folder}/lockd.sock"\n'
    return own + "\n".join(tables) + "\n"


@asynccontextmanager
async def surroundings() -> AsyncIterator[Surroundings]:
    """A door is enrolled and PATRON may come in; `door.toml` in the house's folder is the door's."""
    house, clock = House(), SystemClock()
    library = Library([town._person(PATRON)], [], lambda: clock.now().date())
    accounts = [RegisterAccount("skiljebo", "hemligt", "skiljebo")]
    register = await serve(library, "127.0.0.1", 0, accounts=accounts, clock=clock)
    server = build(town._settings(house.folder, register.port), clock)
    try:
        branch = await town._seeded(server, Policy(minimum_age=18))
        async with server.database.session(branch.scope) as session:
            holder = Holder("vastmanland", CardNumber(PATRON.card))
            await set_right(session, server.keys, branch, holder, Right(permitted=True), by="staff")
        async with town._listening(server) as url:
            await house.board.start()
            await house.start_lockd()
            await town._enrolled(house, server, branch, url)
            (house.folder / "door.toml").write_text(_config(house))
            yield Surroundings(house, server, branch)
    finally:
        await register.close()
        await server.close()
        await house.close()
