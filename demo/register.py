"""`meroppet-demo register`: the library system of the demo, a process of its own that speaks SIP2 over TCP.

It takes one line at a time on standard input, `fault NAME`, and ends when standard input does.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.books import BOOKS, Book
from demo.consortia import CHOICES, ZONE, DemoBranch, place
from demo.people import OTHER_BORROWER, PEOPLE, Person, number_at
from demo.ports import HOST
from demo.register_account import PASSWORD_VARIABLE, account_of
from meroppet.ils.acs_simulator import Fault, RegisterAccount, RegisterControl, serve
from meroppet.ils.fake import Item, Library, Patron
from meroppet.runtime import logs
from meroppet.runtime.clock import Clock, VirtualClock
from meroppet.runtime.sdnotify import Notifier

LOAN_DAYS = 28


def library(branch: DemoBranch, clock: Clock) -> Library:
    """The register as it is at the start of every run: all patrons, all books, today."""

    def today() -> date:
        return clock.now().astimezone(ZoneInfo(ZONE)).date()

    patrons = tuple(_patron(person, branch, today()) for person in (*PEOPLE, OTHER_BORROWER))
    borrower = number_at(OTHER_BORROWER, branch)
    return Library(patrons, tuple(_items(branch, borrower, today())), today, name=place(branch.id).consortium.name)


def _patron(person: Person, branch: DemoBranch, today: date) -> Patron:
    facts = person.facts(today)
    return Patron(
        card=number_at(person, branch),
        pin=person.pin,
        name=person.name,
        birth_date=facts.birth_date,
        category=person.category,
        expires=facts.expires,
        home=branch.register_code,
        lost=facts.lost,
        debarred="Avstängd" if facts.debarred else None,
        fees_minor=person.fees_minor,
    )


def _items(branch: DemoBranch, borrower: str, today: date) -> Iterator[Item]:
    for book in BOOKS:
        yield _item(book, branch, borrower, today)


def _item(book: Book, branch: DemoBranch, borrower: str, today: date) -> Item:
    return Item(
        barcode=book.barcode,
        title=book.title,
        owner=book.owner or branch.register_code,
        for_loan=book.for_loan,
        borrower=borrower if book.on_loan else None,
        due=today + timedelta(days=LOAN_DAYS) if book.on_loan else None,
        held_for=borrower if book.reserved else None,
        pickup=branch.register_code if book.reserved else None,
    )


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or the end of standard input; 1 with one sentence when the port cannot be had."""
    parser = argparse.ArgumentParser("meroppet-demo register", description="The demo's library system (SIP2 over TCP).")
    parser.add_argument("--branch", choices=CHOICES, default="skiljebo")
    parser.add_argument("--port", type=int, default=6001)
    parser.add_argument(
        "--clock", type=Path, default=Path("/nonexistent"), help="file with seconds to turn the clock by"
    )
    chosen = parser.parse_args(arguments)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        print(
            f"meroppet-demo register: {PASSWORD_VARIABLE} is empty; give the register's password there", file=sys.stderr
        )
        return 1
    logs.configure()
    try:
        asyncio.run(_serve(place(CHOICES[chosen.branch]).branch, chosen.port, password, VirtualClock(chosen.clock)))
    except OSError as error:
        print(f"meroppet-demo register: port {chosen.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


async def _serve(branch: DemoBranch, port: int, password: str, clock: Clock) -> None:
    control = RegisterControl()
    account = RegisterAccount(account_of(branch), password, branch.register_code)
    register = await serve(library(branch, clock), HOST, port, accounts=(account,), clock=clock, control=control)
    notifier = Notifier.from_environment()
    notifier.ready(f"SIP2 on {HOST}:{port}")
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    orders = asyncio.create_task(_obey(control, ended))
    await ended.wait()
    notifier.stopping()
    orders.cancel()
    await register.close()


async def _obey(control: RegisterControl, ended: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order, _, name = line.decode("utf-8", "replace").strip().partition(" ")
        with suppress(ValueError):
            if order == "fault":
                control.fault = Fault(name)
    ended.set()
