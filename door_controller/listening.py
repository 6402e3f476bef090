"""The inputs of the door: what they say goes to the lanes, and whether they are there goes to the journal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial

from door_controller.entrance import EntryLane
from door_controller.fittings import Fittings
from door_controller.handing_out import HandingOut
from door_controller.locks import Word
from hardware.ports import (
    BarcodeScanned,
    CardPresented,
    DigitalInput,
    Event,
    InputChanged,
    KeyPressed,
    ReaderFound,
    ReaderLost,
)
from meroppet.device.device import Device
from meroppet.rules.card_formats import Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import ReaderFound as Found
from meroppet.rules.events import ReaderLost as Missing
from meroppet.runtime.logs import Recurring
from meroppet.tags.reading import card_of

logger = logging.getLogger(__name__)

AGAIN_AFTER = 1.0
PORTS = {"people_in": "people_counter", "people_out": "people_counter"}
"""What a place is called in the journal where it is not by its own name."""
Heard = Callable[[Event], None]
Events = Callable[[], AsyncIterator[Event]]


class Listening:
    """One task an input; an input that fails is listened to again and takes nothing down with it."""

    def __init__(
        self, fittings: Fittings, device: Device, entry: EntryLane, words: Mapping[str, Word], tags: HandingOut
    ) -> None:
        self._record, self._entry, self._words, self._tags = device.record, entry, words, tags
        self._cards = device.replica.cards
        self._fittings = fittings
        self._lost: set[str] = set()

    @property
    def lost(self) -> tuple[str, ...]:
        """The inputs that do not answer now."""
        return tuple(sorted(self._lost))

    async def run(self) -> None:
        """Listen to every input until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for place, events, heard in (*self._readers(), *self._contacts()):
                tasks.create_task(self._for_ever(place, events, heard), name=place)

    def _readers(self) -> Iterator[tuple[str, Events, Heard]]:
        places = self._fittings
        if places.card_reader is not None:
            yield "card_reader", places.card_reader.events, self._card
        if places.barcode_scanner is not None:
            yield "barcode_scanner", places.barcode_scanner.events, self._scan
        if places.keypad is not None:
            yield "keypad", places.keypad.events, self._key

    def _contacts(self) -> Iterator[tuple[str, Events, Heard]]:
        for place, word in self._words.items():
            source: DigitalInput | None = getattr(self._fittings, place)
            if source is not None:
                yield place, source.events, partial(_level, word)

    async def _for_ever(self, place: str, events: Events, heard: Heard) -> None:
        trouble = Recurring(logger, f"the {place}")
        while True:
            try:
                async for event in events():
                    self._hear(place, event, heard)
            except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
                # A driver's fault must not take the way out with it.
                trouble.failed(f"{type(error).__name__}: {error}")
                self._presence(place, there=False, why=type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER)

    def _hear(self, place: str, event: Event, heard: Heard) -> None:
        match event:
            case ReaderFound(detail=detail):
                self._presence(place, there=True, why=detail)
            case ReaderLost(detail=detail):
                self._presence(place, there=False, why=detail)
            case _:
                heard(event)

    def _presence(self, place: str, *, there: bool, why: str) -> None:
        if there == (place not in self._lost):
            return
        (self._lost.discard if there else self._lost.add)(place)
        logger.warning("an input is %s", "back" if there else "gone", extra={"input": place, "why": why})
        if not there and place in self._words:
            self._words[place](None)
        # Not waited for: the exit button's task must not stand behind a disk.
        port = PORTS.get(place, place)
        self._record(Found(port) if there else Missing(port))

    def _card(self, event: Event) -> None:
        if isinstance(event, CardPresented):
            self._read(card_of(self._cards(), event.raw))

    def _scan(self, event: Event) -> None:
        if isinstance(event, BarcodeScanned):
            self._read(card_of(self._cards(), event.text) if event.complete else Unfit.UNREADABLE)

    def _read(self, read: CardNumber | Unfit) -> None:
        if self._tags.is_waiting:
            self._tags.read(read)
        else:
            self._entry.card(read if isinstance(read, CardNumber) else None)

    def _key(self, event: Event) -> None:
        if isinstance(event, KeyPressed):
            self._entry.key(event.key)


def _level(word: Word, event: Event) -> None:
    if isinstance(event, InputChanged):
        word(event.active)
