"""A child that tries PINs as fast as it can, and says each try's number when it was told that the try is counted."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from meroppet.device.attempts import Attempts
from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import Outcome
from meroppet.runtime.clock import SystemClock
from server.attempts.service import Asked, Place, begin, settle
from server.db import Database
from server.db.schema import metadata
from server.keys import KeyRing

CARD = "card"
EACH = 4
"""Tries at a card at the server, one less than lock it."""


def place() -> Place:
    return Place("vastmanland", "vasteras", "skiljebo", "register")


def number(tried: int) -> CardNumber:
    return CardNumber(f"2{tried // EACH:07}")


async def at_a_door(folder: Path, first: int, say: Callable[[int], None]) -> None:
    attempts = Attempts(folder / "attempts.db", SystemClock())
    while True:
        await attempts.count(f"try-{first}", CARD)
        say(first)
        # Every second is killed, if it is, before anybody knows how it turned out.
        if first % 2:
            await attempts.settle(f"try-{first}", Outcome.WRONG)
        first += 1


async def at_the_server(folder: Path, first: int, say: Callable[[int], None]) -> None:
    clock = SystemClock()
    # As a server does that migrates: tables name each other.
    metadata()
    database = Database(f"sqlite:///{folder / 'server.db'}", clock)
    keys = KeyRing.open(folder / "keys", ("localhost",), clock.now())
    while True:
        asked = await _begun(database, keys, first)
        say(first)
        if first % 2:
            async with database.session(place().scope) as session:
                await settle(session, keys, place(), asked, [number(first)], Outcome.WRONG, reached=True)
        first += 1


async def _begun(database: Database, keys: KeyRing, tried: int) -> Asked:
    async with database.session(place().scope) as session:
        return await begin(session, keys, place(), number(tried), f"try-{tried}", None, agreed=False)


WHERE: dict[str, Callable[[Path, int, Callable[[int], None]], Awaitable[None]]] = {
    "door": at_a_door,
    "server": at_the_server,
}


def _say(tried: int) -> None:
    sys.stdout.write(f"{tried}\n")
    sys.stdout.flush()


async def _guess(where: str, folder: Path, first: int) -> None:
    await WHERE[where](folder, first, _say)


def main(where: str, folder: str) -> None:
    """For each number on standard input, fork a child that says its process and tries on from there, until it dies."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdout.write(f"{os.getpid()}\n")
            sys.stdout.flush()
            asyncio.run(_guess(where, Path(folder), int(line)))
        os.waitpid(child, 0)
        sys.stdout.write("dead\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
