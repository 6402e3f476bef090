"""A register on loopback and clients that talk to it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from meroppet.ils.acs_simulator import Register, RegisterAccount, RegisterControl, serve
from meroppet.ils.fake import Item, Library, Patron
from meroppet.rules.branch import ClockTrust

PASSWORD = "sip-hemligt"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class HandClock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds

    def trust(self) -> ClockTrust:
        return ClockTrust.NTP


def small_library() -> Library:
    patrons = [
        Patron(card="2000000001", pin="1234", name="Åsa Öberg", birth_date=date(1980, 1, 1), home="SKILJEBO"),
        Patron(card="2000000002", pin="abc!", name="Börje Ek", expires=date(2026, 10, 1)),
        Patron(card="2000000003", pin="1234", name="Cecilia Å", debarred="Spärrad: obetald räkning – kontakta oss"),
    ]
    items = [
        Item(barcode="3001", title="Doktor Glas | en roman", owner="SKILJEBO"),
        Item(barcode="3002", title="Röda rummet", owner="SALA"),
    ]
    return Library(patrons, items, NOW.date, name="Skiljebo")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def register(clock: HandClock) -> AsyncIterator[Register]:
    running = await serve(
        small_library(),
        "127.0.0.1",
        0,
        accounts=[RegisterAccount("sip_skiljebo", PASSWORD, "SKILJEBO")],
        clock=clock,
        control=RegisterControl(seconds=0.3),
    )
    yield running
    await running.close()
