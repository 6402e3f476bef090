"""The inputs of the kiosk: what they say goes to the session, and whether they are there goes to the journal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from hardware.ports import BarcodeScanned, CardPresented, Event, KeyPressed, ReaderFound, ReaderLost, TagsOnPad
from kiosk import inputs
from kiosk.fittings import Fittings
from kiosk.ports import Journal
from kiosk.session import SessionShell
from meroppet.device.tag_reading import TagReading
from meroppet.rules.card_formats import CardFormats, Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import ReaderFound as Found
from meroppet.rules.events import ReaderLost as Missing
from meroppet.rules.session import Chosen, Happening, Screen, Task
from meroppet.runtime.logs import Recurring
from meroppet.tags.reading import card_of

logger = logging.getLogger(__name__)

AGAIN_AFTER = 1.0
Cards = Callable[[], CardFormats | None]
"""The consortium's card formats, asked at each reading: they may have changed."""


class Listening:
    """One task an input; an input that fails is listened to again and takes nothing down with it."""

    def __init__(
        self, fittings: Fittings, kiosk: SessionShell, journal: Journal, tags: TagReading, cards: Cards
    ) -> None:
        self._fittings, self._tags, self._cards = fittings, tags, cards
        self._reports: set[asyncio.Task[None]] = set()
        self._kiosk = kiosk
        self._journal = journal
        self._lost: set[str] = set()

    @property
    def lost(self) -> tuple[str, ...]:
        """The inputs that do not answer now."""
        return tuple(sorted(self._lost))

    async def run(self) -> None:
        """Listen to every input until cancelled."""
        fitted = self._fittings
        async with asyncio.TaskGroup() as tasks:
            for place, source in (
                ("barcode_scanner", fitted.barcode_scanner),
                ("tag_pad", fitted.tag_pad),
                ("card_reader", fitted.card_reader),
                ("keypad", fitted.keypad),
            ):
                if source is not None:
                    tasks.create_task(self._for_ever(place, source.events), name=place)

    async def _for_ever(self, place: str, events: Callable[[], AsyncIterator[Event]]) -> None:
        trouble = Recurring(logger, f"the {place}")
        while True:
            try:
                async for event in events():
                    await self._hear(place, event)
            except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
                # One driver's fault is not the others': the screen and they go on.
                trouble.failed(f"{type(error).__name__}: {error}")
                await self._presence(place, there=False, why=type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER)

    async def _hear(self, place: str, event: Event) -> None:
        match event:
            case ReaderFound(detail=detail):
                await self._presence(place, there=True, why=detail)
            case ReaderLost(detail=detail):
                await self._presence(place, there=False, why=detail)
            case TagsOnPad(ids=items):
                self._kiosk.pad(items)
            case CardPresented(raw=raw) if self._tags.is_waiting:
                self._hand_out(raw)
            case BarcodeScanned(text=text, complete=True) if self._tags.is_waiting:
                self._hand_out(text)
            case CardPresented():
                self._card(event)
            case _:
                self._tell(self._meant(event))

    def _card(self, card: CardPresented) -> None:
        """A card held up at an idle screen wants to borrow."""
        if self._kiosk.session.screen is Screen.IDLE:
            self._tell(Chosen(Task.BORROW, self._kiosk.new_session()))
        self._tell(inputs.of_card(card, self._cards()))

    def _hand_out(self, raw: bytes | str) -> None:
        """A tag that staff wait for: it is reported, and nobody logs in with it. Nobody waits for the server."""
        report = asyncio.create_task(self._report(card_of(self._cards(), raw)))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def _report(self, read: CardNumber | Unfit) -> None:
        # What became of it stands on the page of whoever ordered it.
        await self._tags.report(read)

    def _meant(self, event: Event) -> Happening | None:
        screen = self._kiosk.session.screen
        match event:
            case KeyPressed(key=key):
                return inputs.of_key(screen, key, self._kiosk.new_session)
            case BarcodeScanned(text=text, complete=complete):
                return inputs.of_scan(screen, text if complete else inputs.UNREADABLE, self._cards())
            case _:
                return None

    def _tell(self, happening: Happening | None) -> None:
        if happening is not None:
            self._kiosk.happen(happening)

    async def _presence(self, place: str, *, there: bool, why: str) -> None:
        if there == (place not in self._lost):
            return
        (self._lost.discard if there else self._lost.add)(place)
        logger.warning("an input is %s", "back" if there else "gone", extra={"input": place, "why": why})
        await self._journal.record(Found(place) if there else Missing(place), None)
