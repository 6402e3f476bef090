"""The virtual board: hands on one side (methods for demo and tests), wires on the other (a Unix socket).

One JSON object a line. A driver says {"attach": PART}; the board answers {"ok": true}. An input then gets {"event": …}.
An output's driver says {"set": …} and is answered {"ok": …}. The strike's pin outlives the client that set it, as a
Raspberry Pi's does: only `set`, or the mains, changes it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from hardware.ports import KEYS, CardFormat
from hardware.virtual.world import (
    CONTACTS,
    STRIKES,
    BoardState,
    inner_pushed,
    is_relay,
    levels,
    ordered,
    pushed,
    touched,
    without_mains,
)

INPUTS = CONTACTS | {"card_reader", "keypad", "tag_pad", "barcode_scanner"}
OUTPUTS = frozenset({*STRIKES, "indicator", "display", "sounder", "loudspeaker", "messenger"})
"""The outputs there is one of; relays come beside them, as many as are attached."""
UNNAMED = ""
"""A wire whose driver has not said yet what it wants."""
LONGEST_LINE = 1 << 16


class Board:
    """The entrance of one door, or the desk of one kiosk."""

    def __init__(self, socket: Path | str, *, fail_safe: bool = False, night_lock: bool = False) -> None:
        self.path = Path(socket)
        self._state = BoardState(fail_safe=fail_safe, has_night_lock=night_lock)
        self._wires: dict[asyncio.StreamWriter, str] = {}
        self._changed = asyncio.Condition()
        self._notes: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    # The room

    async def start(self) -> None:
        """Listen for drivers; a socket left by a dead process is replaced."""
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, self.path, limit=LONGEST_LINE)

    async def close(self) -> None:
        """Stop listening and drop every driver."""
        if self._server is not None:
            self._server.close()
            self._hang_up(set(self._wires.values()))
            await asyncio.gather(*self._serving)
            await self._server.wait_closed()
            self._server = None
            self.path.unlink(missing_ok=True)

    async def __aenter__(self) -> "Board":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    # What one sees

    def state(self) -> BoardState:
        """What is true now."""
        return self._state

    def attached(self) -> frozenset[str]:
        """The parts a driver is connected to now."""
        return self._state.attached

    async def subscribe(self) -> AsyncIterator[BoardState]:
        """The state now and after every change; a slow reader misses states in between, never the last."""
        seen: BoardState | None = None
        while True:
            async with self._changed:
                while self._state is seen:
                    await self._changed.wait()
                seen = self._state
            yield seen

    async def until(self, holds: Callable[[BoardState], bool]) -> BoardState:
        """Wait for a state; the caller sets the time limit."""
        async with self._changed:
            await self._changed.wait_for(lambda: holds(self._state))
            return self._state

    # What hands do

    def tap(self, card: str | bytes, *, card_format: str | None = None) -> bool:
        """Hold a card before the reader; False when nothing reads it."""
        if isinstance(card, bytes):
            return self._emit("card_reader", {"hex": card.hex(), "format": card_format or CardFormat.ISO14443})
        return self._emit("card_reader", {"text": card, "format": card_format or CardFormat.TEXT})

    def press(self, key: str) -> bool:
        """Press one key of the keypad; raises ValueError when the keypad has no such key."""
        if key not in KEYS:
            raise ValueError(f"the keypad has no key {key!r}; keys: 0-9 * #")
        return self._emit("keypad", key)

    def push_door(self, side: Literal["outside", "inside"] = "outside") -> bool:
        """Push the leaf; True when it stands open afterwards."""
        self._become(pushed(self._state, side))
        return self._state.leaf_open

    def force_door(self) -> None:
        """Break the leaf open from outside."""
        self._become(replace(self._state, leaf_open=True))

    def shut_door(self) -> None:
        """Let the leaf fall shut."""
        self._become(replace(self._state, leaf_open=False))

    def push_inner(self, side: Literal["outside", "inside"] = "outside") -> bool:
        """Push the leaf behind the porch; True when it stands open afterwards."""
        self._become(inner_pushed(self._state, side))
        return self._state.inner_open

    def shut_inner(self) -> None:
        """Let the leaf behind the porch fall shut."""
        self._become(replace(self._state, inner_open=False))

    def make(self, part: str) -> None:
        """Make one of the contacts of world.HANDS: smoke, an open cover, an armed panel; raises ValueError."""
        self._become(touched(self._state, part, on=True))

    def unmake(self, part: str) -> None:
        """Break it again; raises ValueError."""
        self._become(touched(self._state, part, on=False))

    def press_exit(self) -> None:
        """Press and let go of the exit button."""
        self.make("exit")
        self.unmake("exit")

    def press_reset(self) -> None:
        """Turn the key that ends a latched alarm, and turn it back."""
        self.make("reset")
        self.unmake("reset")

    def walk(self, direction: Literal["in", "out"]) -> None:
        """Let one person pass the people counter."""
        self.make(f"passage_{direction}")
        self.unmake(f"passage_{direction}")

    def open_cover(self) -> None:
        """Open the housing."""
        self.make("tamper")

    def close_cover(self) -> None:
        """Close the housing."""
        self.unmake("tamper")

    def weaken_magnet(self) -> None:
        """Put something between magnet and plate."""
        self._become(replace(self._state, is_magnet_weak=True))

    def clean_magnet(self) -> None:
        """Take it away."""
        self._become(replace(self._state, is_magnet_weak=False))

    def persuade_panel(self, *, willing: bool) -> None:
        """Let the alarm panel arm when it is asked, or not."""
        self._become(replace(self._state, panel_willing=willing))

    def put_items(self, items: Iterable[str]) -> None:
        """Let exactly these items lie on the pad."""
        self._become(replace(self._state, items=tuple(items)))

    def scan(self, code: str) -> bool:
        """Hold a printed code before the scanner."""
        return self._emit("barcode_scanner", code)

    def unplug(self, part: str) -> None:
        """Pull one part's plug; its driver loses it."""
        self._become(replace(self._state, unplugged=self._state.unplugged | {part}))
        self._hang_up({part})

    def plug(self, part: str) -> None:
        """Put the plug back."""
        self._become(replace(self._state, unplugged=self._state.unplugged - {part}))

    def cut_power(self) -> None:
        """Pull the mains: every pin falls back, every driver is lost."""
        self._become(without_mains(self._state))
        self._hang_up(set(self._wires.values()) - {UNNAMED})

    def restore_power(self) -> None:
        """Put the mains back; pins stay as the boot left them, which is unpowered."""
        self._become(replace(self._state, mains=True))

    # Wires

    def _become(self, state: BoardState) -> None:
        before, self._state = self._state, state
        if state == before:
            return
        known = levels(before)
        for part, level in levels(state).items():
            if level != known[part]:
                self._emit(part, level)
        note = asyncio.get_running_loop().create_task(self._tell())
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _emit(self, part: str, event: object) -> bool:
        reached = [writer for writer, attached in self._wires.items() if attached == part]
        for writer in reached:
            _send(writer, {"event": event})
        return bool(reached)

    def _hang_up(self, parts: Iterable[str]) -> None:
        for writer in [each for each, part in self._wires.items() if part in parts]:
            del self._wires[writer]
            writer.close()
        self._count_wires()

    def _count_wires(self) -> None:
        self._become(replace(self._state, attached=frozenset(self._wires.values()) - {UNNAMED}))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._wires[writer] = UNNAMED
        serving = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            part = _attachment(await reader.readline())
            if part is None or not self._state.mains or part in self._state.unplugged:
                return
            self._wires[writer] = part
            self._count_wires()
            _send(writer, {"ok": True})
            if part in (present := levels(self._state)):
                _send(writer, {"event": present[part]})
            while line := await reader.readline():
                if writer not in self._wires:
                    return
                _send(writer, {"ok": self._order(part, line)})
        except (ConnectionError, ValueError):
            pass
        finally:
            self._wires.pop(writer, None)
            self._count_wires()
            writer.close()

    def _order(self, part: str, line: bytes) -> bool:
        message = json.loads(line)
        if not isinstance(message, dict):
            return False
        state = ordered(self._state, part, message.get("set"))
        if state is None:
            return False
        self._become(state)
        return True


def _attachment(line: bytes) -> str | None:
    message = json.loads(line)
    part = message.get("attach") if isinstance(message, dict) else None
    return part if isinstance(part, str) and (part in INPUTS | OUTPUTS or is_relay(part)) else None


def _send(writer: asyncio.StreamWriter, message: object) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(message).encode() + b"\n")
