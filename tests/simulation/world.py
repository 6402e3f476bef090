"""What stands around a simulated door: a strike whose pin persists, a leaf, a reader, keys and a button."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from door_controller.fittings import Fittings
from hardware.lockd.daemon import Daemon
from hardware.ports import (
    MAIN_LOCK,
    CardPresented,
    Colour,
    InputChanged,
    KeyPressed,
    ReaderFound,
    ReaderLost,
    Tone,
)
from tests.simulation.loop import Process, SimLoop

MISSED = 50
"""Events a reader keeps for a process that does not listen."""


class Wire:
    """One input of the door, as its driver yields it."""

    def __init__(self, first: Callable[[], tuple[Any, ...]] = tuple) -> None:
        self._first = first
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._is_there = True

    async def events(self) -> AsyncIterator[Any]:
        """See hardware.ports."""
        yield ReaderFound() if self._is_there else ReaderLost()
        for event in self._first():
            yield event
        while True:
            yield await self._queue.get()

    def say(self, event: Any) -> None:
        """The device says this."""
        if self._is_there and self._queue.qsize() < MISSED:
            self._queue.put_nowait(event)

    def pull(self) -> None:
        """The plug is pulled."""
        if self._is_there:
            self._is_there = False
            self._queue.put_nowait(ReaderLost())

    def plug(self) -> None:
        """And put in again."""
        if not self._is_there:
            self._is_there = True
            for event in (ReaderFound(), *self._first()):
                self._queue.put_nowait(event)

    async def check(self) -> None:
        """See hardware.ports."""

    async def close(self) -> None:
        """See hardware.ports."""


class Front:
    """Lamp, sounder and display: nobody's verdict, and never in anybody's way."""

    def __init__(self) -> None:
        self.lines: tuple[str, ...] = ()

    async def play(self, _tone: Tone) -> bool:
        """See hardware.ports."""
        return True

    async def check(self) -> None:
        """See hardware.ports."""

    async def close(self) -> None:
        """See hardware.ports."""


class Lamp(Front):
    """The lamp."""

    async def show(self, _colour: Colour, *, blinking: bool = False) -> bool:
        """See hardware.ports."""
        return True


class Screen(Front):
    """The display."""

    async def show(self, lines: tuple[str, ...]) -> bool:
        """See hardware.ports."""
        self.lines = lines
        return True


class Doorway:
    """Strike and leaf. The strike's pin keeps its level whoever dies; the handle inside is mechanical."""

    def __init__(self, loop: SimLoop, told: Callable[[str, str], None]) -> None:
        self._loop, self._told = loop, told
        self.released = False
        self.changed_at = 0.0
        self.is_open = False
        self.reader, self.keypad = Wire(), Wire()
        self.contact = Wire(lambda: (InputChanged(self.is_open),))
        self.button = Wire(lambda: (InputChanged(active=False),))
        self.screen = Screen()

    def drive(self, released: bool) -> None:
        """The strike's line is given this level."""
        if released != self.released:
            self.released, self.changed_at = released, self._loop.time()
            self._told("strike", "released" if released else "locked")

    def fitted(self) -> Fittings:
        """What a controller that starts finds fitted."""
        first = {"contact": self.contact, "button": self.button}
        fresh = {name: Wire(wire._first) for name, wire in first.items()}
        self.reader, self.keypad, self.contact, self.button = Wire(), Wire(), fresh["contact"], fresh["button"]
        self.screen = Screen()
        return Fittings(
            card_reader=self.reader,
            keypad=self.keypad,
            contact=self.contact,
            exit_button=self.button,
            indicator=Lamp(),
            sounder=Front(),
            display=self.screen,
        )

    def show_card(self, text: str) -> None:
        """Somebody outside holds a card to the reader."""
        self.reader.say(CardPresented(text))

    def press_key(self, key: str) -> None:
        """Somebody outside presses a key."""
        self.keypad.say(KeyPressed(key))

    def press_button(self) -> None:
        """Somebody inside presses the button."""
        self.button.say(InputChanged(active=True))
        self.button.say(InputChanged(active=False))

    def pull(self) -> bool:
        """Somebody outside pulls: the leaf opens if the strike lets it."""
        if self.released or self.is_open:
            self._open(by="pull")
            return True
        return False

    def push_handle(self) -> None:
        """Somebody inside leaves by the handle, which needs no software."""
        self._open(by="handle")

    def shut(self) -> None:
        """The leaf falls to."""
        if self.is_open:
            self.is_open = False
            self._told("leaf", "shut")
            self.contact.say(InputChanged(active=False))

    def _open(self, by: str) -> None:
        if not self.is_open:
            self.is_open = True
            self._told("leaf", by)
            self.contact.say(InputChanged(active=True))


class Lockd:
    """lockd's own code over the strike, woken by timers instead of a selector; started again when it dies."""

    RESTARTS_AFTER = 0.2

    def __init__(self, loop: SimLoop, doorway: Doorway) -> None:
        self._loop, self._doorway = loop, doorway
        self.process = Process("lockd")
        self.stands_until = 0.0
        self.wall: Callable[[], datetime] = loop.wall
        """What the machine's wall clock shows; lockd has no use for it."""
        self._daemon: Daemon | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.start()

    def start(self) -> None:
        """Locked before anything else, as `open_line` hands the line over."""
        self.process = Process("lockd")
        self.first_drive()
        self._daemon = Daemon({MAIN_LOCK: self._doorway.drive}, self.monotonic)

    def monotonic(self) -> float:
        """The machine's monotonic time."""
        return self._loop.time()

    def first_drive(self) -> None:
        """The level the line gets by being opened."""
        self._doorway.drive(False)

    def kill(self) -> None:
        """The pin keeps its level until systemd has started another."""
        self.process.kill()
        self._daemon = None
        if self._timer is not None:
            self._timer.cancel()
        self._loop.call_later(self.RESTARTS_AFTER, self.start, context=self._loop.world)

    def answer(self, holder: int, line: bytes) -> dict[str, Any] | None:
        """What lockd says to a line; None while nobody listens."""
        if self._daemon is None:
            return None
        told = self._daemon.answer(holder, line)
        self._wake()
        return told

    def leave(self, holder: int) -> None:
        """A holder is gone."""
        if self._daemon is not None:
            self._daemon.leave(holder)
            self._wake()

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._daemon is not None and (ends := self._daemon.settle()) != float("inf"):
            wait = max(0.0, ends - self.monotonic())
            self._timer = self._loop.call_later(wait, self._wake, context=self._loop.world)


class Holder:
    """A door controller's side of lockd, without the socket between them."""

    _made = 0

    def __init__(self, lockd: Lockd, process: Process) -> None:
        Holder._made += 1
        self._lockd, self._number, self._process = lockd, Holder._made, process
        process.at_end(lambda: lockd.leave(self._number))

    async def release(self, lease_id: str, seconds: float, lock: str = MAIN_LOCK) -> bool:
        """See hardware.ports.Lock."""
        by = self._lockd.monotonic() + 0.5
        return bool(await self._ask({"lease": seconds, "id": lease_id, "by": by, "lock": lock}))

    async def end(self, lease_id: str) -> bool:
        """See hardware.ports.Lock."""
        return bool(await self._ask({"end": lease_id}))

    async def locked(self, lock: str = MAIN_LOCK) -> bool:
        """See hardware.ports.Lock."""
        told = await self._ask({"state": True, "lock": lock})
        if told is None:
            raise ConnectionError("lockd does not answer")
        return bool(told["locked"])

    async def close(self) -> None:
        """See hardware.ports.Lock."""
        with suppress(ConnectionError):
            self._lockd.leave(self._number)

    async def _ask(self, request: dict[str, object]) -> dict[str, Any] | None:
        await asyncio.sleep(0.001)
        told = self._lockd.answer(self._number, json.dumps(request).encode())
        return told if told is not None and told.get("ok") else None
