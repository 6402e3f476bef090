"""A visitor of the scripted visit: hands at the entrance and the kiosk, eyes on board, journal and library system."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Self, TypeVar

import httpx2

from demo.house import House
from demo.journals import JournalRow, latest
from demo.people import PEOPLE, Person, number_at, shown_by
from demo.ports import HOST
from demo.register_account import account_of
from hardware.ports import Colour
from hardware.virtual.world import BoardState
from meroppet.ils.ports import ItemState
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.runtime.clock import SystemClock

T = TypeVar("T")
LOOK_EVERY = 0.02
ROWS = 200


class NotSeen(Exception):
    """What should have been seen was not; the text says what was seen instead."""


class Visitor:
    """Acts and looks. Every look has a time limit and raises NotSeen after it."""

    def __init__(self, house: House) -> None:
        self.house = house
        branch = house.place.branch
        account = Sip2Account(
            HOST, house.ports.register, account_of(branch), house.plan.register_password, branch.register_code
        )
        # A connection of its own: what the library system says is not taken from the server's word.
        self._register = Sip2Ils(PRESETS["koha"], account, SystemClock())
        self._browser = httpx2.AsyncClient(
            base_url=house.addresses.kiosk, trust_env=False, headers={"HX-Request": "true"}
        )
        self._mark = 0
        self._tones = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._register.close()
        await self._browser.aclose()

    # At the door

    async def show(self, person: Person, pin: str | None = None) -> None:
        """Hold the person's card before the reader and, unless the door refuses it at once, type the PIN."""
        self.remember()
        self._reached(self.house.board.tap(shown_by(person, self.house.place.branch)), "card reader")
        if pin is None:
            return
        await self.board("a question for the PIN", lambda board: board.blinking)
        for digit in pin:
            self._reached(self.house.board.press(digit), "keypad")

    def remember(self) -> None:
        """Look only at what happens from now on."""
        newest = latest(self.house.plan.journal("door"), 1)
        self._mark = newest[0].seq if newest else 0
        self._tones = self.house.board.state().tones

    async def board(self, what: str, holds: Callable[[BoardState], bool], within: float = 4.0) -> BoardState:
        """Wait until this is seen at the entrance."""
        try:
            async with asyncio.timeout(within):
                return await self.house.board.until(holds)
        except TimeoutError:
            display = " | ".join(self.house.board.state().display)
            raise NotSeen(f"no {what} within {within:g} s; the display says: {display}") from None

    async def refused(self, within: float = 4.0) -> BoardState:
        """Wait until the door has told its refusal: by sound, by its lamp, and in words with whom to call."""
        number = self.house.place.branch.help_number

        def told(board: BoardState) -> bool:
            heard = board.tones > self._tones and board.colour in (Colour.RED, Colour.WHITE)
            return heard and any(number in line for line in board.display)

        return await self.board(f"refusal that tells {number}", told, within=within)

    async def row(self, kind: str, within: float = 4.0, **detail: object) -> JournalRow:
        """Wait for a row of this kind in the door's journal, with these details."""

        def found() -> JournalRow | None:
            rows = latest(self.house.plan.journal("door"), ROWS, after=self._mark)
            return next((row for row in rows if row.kind == kind and detail.items() <= dict(row.detail).items()), None)

        return await self.seen(f"{kind} {detail or ''} in the journal", found, within)

    # At the kiosk

    async def touch(self, intent: str, **fields: str) -> None:
        """Touch something on the kiosk's screen."""
        answer = await self._browser.post(f"/do/{intent}", data=fields)
        if answer.is_error:
            raise NotSeen(f"the kiosk answers {answer.status_code} to {intent}: {answer.text[:80]}")

    async def screen(self, name: str, within: float = 4.0) -> None:
        """Wait until the kiosk shows this screen."""
        said = ""
        try:
            async with asyncio.timeout(within):
                async for _ in glances():
                    page = (await self._browser.get("/")).text
                    said = page.partition('data-screen="')[2].partition('"')[0]
                    if said == name:
                        return
        except TimeoutError:
            raise NotSeen(f"the kiosk shows {said!r}, not {name!r}") from None

    async def log_in(self, person: Person) -> None:
        """Choose to borrow, scan the card, type the PIN."""
        await self.touch("choose", task="borrow")
        await self.screen("card")
        self._reached(self.house.desk.scan(number_at(person, self.house.place.branch)), "barcode scanner")
        await self.screen("pin")
        for key in (*person.pin, "ok"):
            await self.touch("key", key=key)
        await self.screen("items")

    def put_on_pad(self, *barcodes: str) -> None:
        """Let exactly these books lie on the kiosk's pad."""
        self.house.desk.put_items(barcodes)

    # In the library system

    async def item(self, barcode: str, state: ItemState, within: float = 4.0) -> None:
        """Wait until the library system says this of a book."""
        said: object = ""
        try:
            async with asyncio.timeout(within):
                while said is not state:
                    said = (await self._register.item(barcode)).state
        except TimeoutError:
            raise NotSeen(f"the library system says {said}, not {state}") from None

    async def loans(self, person: Person) -> int:
        """How many books the library system says the person has."""
        answer = await self._register.patron(number_at(person, self.house.place.branch), None)
        return answer.loans

    async def asked(self) -> float:
        """Milliseconds the library system itself takes to check a permitted patron's PIN."""
        permitted = PEOPLE[0]
        clock = SystemClock()
        begun = clock.monotonic()
        answer = await self._register.patron(number_at(permitted, self.house.place.branch), permitted.pin)
        require(answer.is_available, "the library system does not answer")
        return (clock.monotonic() - begun) * 1000

    # Looking

    async def seen(self, what: str, look: Callable[[], T | None], within: float = 4.0) -> T:
        """Wait until `look` finds something."""
        try:
            async with asyncio.timeout(within):
                async for _ in glances():
                    found = look()
                    if found is not None:
                        return found
        except TimeoutError:
            pass
        raise NotSeen(f"no {what} within {within:g} s")

    def _reached(self, reached: bool, part: str) -> None:
        if not reached:
            raise NotSeen(f"nothing is connected to the {part}")


async def glances() -> AsyncIterator[None]:
    """One look after the other, for ever; whoever looks sets the time limit."""
    while True:
        yield
        await asyncio.sleep(LOOK_EVERY)


def person(wanted: str) -> Person:
    """One of the demo's people by id."""
    return next(each for each in PEOPLE if each.id == wanted)


def require(holds: bool, otherwise: str) -> None:
    """NotSeen unless it holds."""
    if not holds:
        raise NotSeen(otherwise)
