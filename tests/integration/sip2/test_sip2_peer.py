"""The client of the package sip2 1.1, which shares no line with ours, against our register: a whole day of requests.

Its ways: TLS is switched off here because it would go on in plain text; checksums are summed over characters and not
padded; the day of 65 is missing. It writes a log file, so it is given a folder for that.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from Sip2.sip2 import Sip2  # type: ignore[import-untyped]

from demo.consortia import place
from demo.register_stock import library_of, training_stock
from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_simulator import Register, RegisterAccount, serve
from meroppet.ils.ports import ItemState
from tests.integration.sip2.conftest import NOW, PASSWORD, HandClock

CARD, PIN, ITEM = "2000000001", "7305", "30000000000001"
BRANCH = place("skiljebo").branch
Parsed = dict[str, Any]


@dataclass
class Terminal:
    """The other party's client, asked in a thread because it blocks."""

    sip: Any

    async def ask(self, code: str, *given: object, **named: object) -> Parsed:
        """Send the request `code` and read the answer, both with the other party's own functions."""
        request = getattr(self.sip, f"sip_{code}_request")(*given, **named)
        answer = await asyncio.to_thread(self.sip.get_response, request)
        return dict(getattr(self.sip, f"sip_{code}_response")(answer))

    async def sign_in(self, password: str = PASSWORD) -> str:
        """The first character of the answer."""
        return str((await self.ask("login", "terminal", password))["fixed"]["Ok"])


@pytest.fixture
async def open_register(clock: HandClock) -> AsyncIterator[Register]:
    library = library_of(training_stock(BRANCH, date(2026, 11, 21)), NOW.date, "Biblioteket på Skiljebo")
    running = await serve(
        library, "127.0.0.1", 0, accounts=[RegisterAccount("terminal", PASSWORD, BRANCH.register_code)], clock=clock
    )
    yield running
    await running.close()


@pytest.fixture
def terminal(open_register: Register, tmp_path: Path) -> Iterator[Callable[[str], Terminal]]:
    opened: list[Any] = []

    def connect(encoding: str = "utf-8") -> Terminal:
        sip = Sip2()
        sip.hostName, sip.hostPort, sip.tlsEnable = "127.0.0.1", open_register.port, False
        sip.hostEncoding, sip.logfile_path = encoding, str(tmp_path)
        sip.institutionId, sip.scLocation = BRANCH.register_code, BRANCH.register_code
        sip.patron, sip.patronpwd, sip.language = CARD, PIN, "006"
        sip.connect()
        opened.append(sip)
        return Terminal(sip)

    yield connect
    for sip in opened:
        sip.disconnect()
    log = logging.getLogger("Sip2")
    for handler in tuple(log.handlers):
        log.removeHandler(handler)
        handler.close()


async def test_a_whole_day_with_an_independent_terminal(
    open_register: Register, terminal: Callable[[], Terminal]
) -> None:
    library = open_register.library
    sip = terminal()

    assert await sip.sign_in() == "1"
    status = await sip.ask("sc_status")
    known = await sip.ask("patron_status")
    loan = await sip.ask("checkout", ITEM)
    item = await sip.ask("item_information", ITEM)
    charged = await sip.ask("patron_information", "charged")
    renewed = await sip.ask("renew", ITEM)
    back = await sip.ask("checkin", ITEM)
    end = await sip.ask("end_patron_session")

    assert (status["fixed"]["OnlineStatus"], status["fixed"]["ProtocolVersion"]) == ("Y", "2.00")
    assert (known["variable"]["AE"], known["variable"]["CQ"]) == (["Åsa Öberg"], ["Y"])
    assert (loan["fixed"]["Ok"], loan["variable"]["AJ"]) == ("1", ["Bröderna Lejonhjärta"])
    assert item["fixed"]["CirculationStatus"] == "04"
    assert charged["variable"]["AU"] == [ITEM, "30000000000012", "30000000000013"]
    assert charged["fixed"]["ChargedItemsCount"] == "0003"
    assert (renewed["fixed"]["Ok"], renewed["fixed"]["RenewalOk"]) == ("1", "Y")
    assert (back["fixed"]["Ok"], back["fixed"]["Alert"]) == ("1", "N")
    assert end["fixed"]["EndSession"] == "Y"
    assert library.item(ITEM).state is ItemState.AVAILABLE  # type: ignore[union-attr]


async def test_an_independent_terminal_places_holds_and_reports_payments(
    open_register: Register, terminal: Callable[[], Terminal]
) -> None:
    open_register.control.dialect = DIALECTS["koha-24"]
    sip = terminal()
    await sip.sign_in()
    sip.sip.patron = "2000000014"

    placed = await sip.ask("hold", "+", itemIdentifier=ITEM, pickupLocation=BRANCH.register_code)
    waiting = await sip.ask("patron_information", "unavail")
    cancelled = await sip.ask("hold", "-", itemIdentifier=ITEM)
    paid = await sip.ask("fee_paid", 1, 0, "20.50", transactionId="K-1", currencyType="SEK")
    owes = await sip.ask("patron_information", "fine")

    assert (placed["fixed"]["Ok"], cancelled["fixed"]["Ok"]) == ("1", "1")
    assert (waiting["variable"]["CD"], waiting["fixed"]["UnavailableHoldsCount"]) == ([ITEM, "30000000000013"], "0002")
    assert (paid["fixed"]["PaymentAccepted"], paid["variable"]["BK"]) == ("Y", ["K-1"])
    assert (owes["variable"]["BV"], owes["variable"]["AV"]) == (["25"], ["Avgift 25.00"])


async def test_an_independent_terminal_keeps_a_card_and_gives_it_back(
    open_register: Register, terminal: Callable[[], Terminal]
) -> None:
    open_register.control.dialect = DIALECTS["polaris"]
    sip = terminal()
    await sip.sign_in()

    kept = sip.sip.sip_block_patron_request("left in the machine", "Y")
    kept = sip.sip.sip_patron_status_response(await asyncio.to_thread(sip.sip.get_response, kept))
    refused = await sip.ask("checkout", ITEM)
    freed = await sip.ask("patron_enable")
    noted = await sip.ask("item_status_update", ITEM, "a torn page")

    assert kept["fixed"]["PatronStatus"] == "YYYY          "
    assert (refused["fixed"]["Ok"], refused["variable"]["AF"]) == ("0", ["Patron is blocked"])
    assert freed["fixed"]["PatronStatus"] == " " * 14
    assert noted["variable"]["AB"] == [ITEM]


async def test_its_renewal_of_everything_lacks_the_date_and_so_names_nobody(terminal: Callable[[], Terminal]) -> None:
    sip = terminal()
    await sip.sign_in()

    answer = await sip.ask("renew_all")

    assert (answer["fixed"]["Ok"], answer["fixed"]["RenewedItems"]) == ("0", "0000")


async def test_an_independent_terminal_is_refused_with_a_wrong_password(terminal: Callable[[], Terminal]) -> None:
    assert await terminal().sign_in("fel") == "0"


@pytest.mark.parametrize("name", sorted(set(DIALECTS) - {"standard", "symphony"}))
async def test_an_independent_terminal_is_understood_in_every_dialect(
    open_register: Register, terminal: Callable[[str], Terminal], name: str
) -> None:
    """But for the strict ones, whose dates it leaves blank, and those whose answers it reads in one piece only."""
    dialect = DIALECTS[name]
    open_register.control.dialect = dialect
    sip = terminal(dialect.form.coding.charset)
    sip.sip.withCrc = sip.sip.withSeq = dialect.form.error_detection
    await sip.sign_in()
    sip.sip.scLocation = BRANCH.register_code + dialect.location_suffix

    status = await sip.ask("sc_status")
    known = await sip.ask("patron_information", "none")
    loan = await sip.ask("checkout", ITEM)
    back = await sip.ask("checkin", ITEM)

    assert status["fixed"]["OnlineStatus"] == "Y"
    assert known["variable"]["AE"] == ["Asa Oberg" if name == "evergreen" else "Åsa Öberg"]
    assert known["variable"]["CQ"] == ["Y"]
    assert (loan["fixed"]["Ok"], back["fixed"]["Ok"]) == ("1", "1")


async def test_an_independent_terminal_asks_for_a_repeat(
    open_register: Register, terminal: Callable[[], Terminal]
) -> None:
    koha = DIALECTS["koha"]
    open_register.control.dialect = replace(koha, form=replace(koha.form, error_detection=False))
    sip = terminal()
    sip.sip.withCrc = sip.sip.withSeq = False
    await sip.sign_in()

    first = await asyncio.to_thread(sip.sip.get_response, sip.sip.sip_item_information_request("30000000000003"))
    again = await asyncio.to_thread(sip.sip.get_response, sip.sip.sip_sc_resend_request())

    assert first.startswith("1804")
    assert again == first
