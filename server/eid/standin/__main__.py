"""`python -m server.eid.standin FOLDER --person 198001019999:Anna:Ek`: a stand-in for BankID to try the pages with."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from meroppet.runtime.clock import SystemClock
from server.eid.standin.orders import Person
from server.eid.standin.serving import running


def person(text: str) -> Person:
    """NUMBER:GIVEN:SURNAME; raises ValueError for anything else."""
    number, given, surname = text.split(":")
    if len(number) != 12 or not number.isdigit():
        raise ValueError("a personnummer has twelve digits")
    return Person(number, given, surname)


async def _serve(folder: Path, people: Sequence[Person], port: int, phone_port: int) -> None:
    clock = SystemClock()
    async with running(folder, people, clock, clock.now(), port, phone_port) as made:
        told = "\n".join(f'{key} = "{value}"' for key, value in made.options.items())
        print(f'[[eid]]\ndriver = "bankid"\n{told}\n# the phone: {made.phone_url}', flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted; what server.toml needs is printed."""
    parser = argparse.ArgumentParser(prog="server.eid.standin", description=__doc__)
    parser.add_argument("folder", type=Path, help="for certificates")
    parser.add_argument("--person", type=person, action="append", default=[], metavar="NUMBER:GIVEN:SURNAME")
    parser.add_argument("--port", type=int, default=8490)
    parser.add_argument("--phone-port", type=int, default=8491)
    given = parser.parse_args()
    asyncio.run(_serve(given.folder, given.person, given.port, given.phone_port))


if __name__ == "__main__":
    main()
