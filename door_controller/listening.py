"""The inputs of the door: what they say goes to the lanes, and whether they are there goes to the journal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from door_controller.entrance import EntryLane
from door_controller.fittings import Fittings
from door_controller.handing_out import HandingOut
from door_controller.strike import StrikeLane
from hardware.ports import (
    BarcodeScanned,
    CardPresented,
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
Heard = Callable[[Event], None]


class Listening:
    """One task an input; an input that fails is listened to again and takes nothing down with it."""

    def __init__(
        self, fittings: Fittings, device: Device, entry: EntryLane, strike: StrikeLane, tags: HandingOut
    ) -> None:
        self._record, self._entry, self._strike, self._tags = device.record, entry, strike, tags
        self._cards = device.replica.cards
        self._fittings = fittings
        self._lost: set[str] = set()

    @property
    def lost(self) -> tuple[str, ...]:
        """The inputs that do not answer now."""
        return tuple(sorted(self._lost))

    async def run(self) -> None:
        """Listen to every input until cancelled."""
        places = self._fittings
        async with asyncio.TaskGroup() as tasks:
            for place, source, heard in (
                ("card_reader", places.card_reader, self._card),
                ("barcode_scanner", places.barcode_scanner, self._scan),
                ("keypad", places.keypad, self._key),
                ("contact", places.contact, self._leaf),
                ("exit_button", places.exit_button, self._exit),
            ):
                if source is not None:
                    tasks.create_task(self._for_ever(place, source.events, heard), name=place)

    async def _for_ever(self, place: str, events: Callable[[], AsyncIterator[Event]], heard: Heard) -> None:
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
        if place == "contact" and not there:
            self._strike.leaf_out_of_sight()
        # Not waited for: the exit button's task must not stand behind a disk.
        self._record(Found(place) if there else Missing(place))

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

    def _leaf(self, event: Event) -> None:
        if isinstance(event, InputChanged):
            self._strike.leaf(is_open=event.active)

    def _exit(self, event: Event) -> None:
        if isinstance(event, InputChanged) and event.active:
            self._strike.exit_pressed()
