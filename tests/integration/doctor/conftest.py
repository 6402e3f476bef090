"""A register to examine, in any dialect and with any fault, and a test patron in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest

from meroppet.ils.acs_dialects import DIALECTS, Dialect
from meroppet.ils.acs_simulator import Register, RegisterAccount, RegisterControl, serve
from meroppet.ils.doctor.examination import examine
from meroppet.ils.doctor.findings import Check, Diagnosis, Judged
from meroppet.ils.doctor.subject import Patience, Subject, Tries
from meroppet.ils.fake import Item, Library, Patron
from meroppet.ils.sip2_connection import Sip2Account
from meroppet.runtime.clock import SystemClock

CARD, BLOCKED, PIN, ITEM, PASSWORD = "2000000001", "2000000002", "1234", "3001", "sip-hemligt"
NAME = "Åsa Öberg"
SUBJECT = Subject(card=CARD, pin=PIN, item=ITEM)
KNOWN = replace(SUBJECT, name=NAME, born=date(1980, 1, 1), category="VUXEN", expires=date(2040, 5, 4), home="NORA")
PATIENT = Patience(answer=5.0, measuring=0.2, most_times=3)


def small_library() -> Library:
    patrons = [
        Patron(
            card=CARD,
            pin=PIN,
            name=NAME,
            birth_date=date(1980, 1, 1),
            category="VUXEN",
            expires=date(2040, 5, 4),
            home="NORA",
        ),
        Patron(card=BLOCKED, pin="9876", name="Bo Ek", expires=date(2040, 5, 4), debarred="Avstängd"),
    ]
    items = [Item(barcode=ITEM, title="Räven & åsnan", owner="NORA"), Item(barcode="3002", title="Om", owner="NORA")]
    return Library(patrons, items, lambda: SystemClock().now().date(), name="Nora")


Open = Callable[..., Awaitable[Register]]


@pytest.fixture
async def open_register() -> AsyncIterator[Open]:
    opened: list[Register] = []

    async def start(dialect: Dialect = DIALECTS["koha"], control: RegisterControl | None = None) -> Register:
        accounts = [RegisterAccount("sip_nora", PASSWORD, "NORA")]
        register = await serve(
            small_library(), "127.0.0.1", 0, accounts=accounts, clock=SystemClock(), dialect=dialect, control=control
        )
        opened.append(register)
        return register

    yield start
    for register in opened:
        await register.close()


def account(port: int) -> Sip2Account:
    return Sip2Account("127.0.0.1", port, "sip_nora", PASSWORD, "NORA")


async def examined(
    port: int, subject: Subject = SUBJECT, tries: Tries | None = None, patience: Patience = PATIENT
) -> Diagnosis:
    return await examine(account(port), subject, SystemClock(), tries=tries, patience=patience)


def said(diagnosis: Diagnosis, check: Check) -> list[str]:
    """What was said of one thing."""
    return [finding.says for finding in diagnosis.findings if finding.check is check]


def against(diagnosis: Diagnosis) -> list[tuple[Check, str]]:
    """What speaks against a door."""
    bad = (Judged.UNSAFE, Judged.FAILED)
    return [(finding.check, finding.says) for finding in diagnosis.findings if finding.judged in bad]
