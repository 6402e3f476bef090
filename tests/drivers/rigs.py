"""What a test needs of one driver and the device beyond it: make it do something, take it away, bring it back."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from hardware.monitor import RETRY_AFTER
from hardware.nfc.driver import NfcCardReader
from hardware.pcsc.driver import PcscCardReader
from hardware.ports import (
    BarcodeScanned,
    CardFormat,
    CardPresented,
    Event,
    InputChanged,
    KeyPressed,
    TagsOnPad,
)
from hardware.serial.driver import SerialBarcodeScanner
from hardware.virtual.board import Board
from hardware.virtual.drivers import (
    VirtualBarcodeScanner,
    VirtualCardReader,
    VirtualInput,
    VirtualKeypad,
    VirtualTagPad,
)
from hardware.virtual.world import CONTACTS, HANDS
from tests.fakes.pcscd import Pcscd
from tests.fakes.udp_tag import UdpTag
from tests.fakes.vicc import VirtualCard

WITHIN = 5.0


class InputDriver(Protocol):
    def events(self) -> AsyncIterator[Any]: ...
    async def check(self) -> None: ...
    async def close(self) -> None: ...


class InputRig(Protocol):
    """One input driver and its device."""

    driver: InputDriver
    present: Event | None
    """What is said right after each ReaderFound, if anything."""

    async def start(self, folder: Path, *, there: bool = True) -> None: ...
    async def act(self) -> Event: ...
    async def lose(self) -> None: ...
    async def restore(self) -> None: ...
    async def stop(self) -> None: ...


class Listener:
    """Everything a driver says, in order."""

    def __init__(self, driver: InputDriver) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.task = asyncio.create_task(self._listen(driver))

    async def _listen(self, driver: InputDriver) -> None:
        async for event in driver.events():
            self.heard.put_nowait(event)

    async def next(self, within: float = WITHIN) -> Any:
        async with asyncio.timeout(within):
            return await self.heard.get()

    async def quiet(self, seconds: float) -> bool:
        await asyncio.sleep(seconds)
        return self.heard.empty()


class VirtualRig:
    """Any virtual input."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.turn = 0
        self.present: Event | None = InputChanged(False) if part in CONTACTS else None
        if part == "tag_pad":
            self.present = TagsOnPad(())

    async def start(self, folder: Path, *, there: bool = True) -> None:
        self.board = Board(folder / "board.sock")
        if there:
            await self.board.start()
        kinds: dict[str, Any] = {
            "card_reader": VirtualCardReader,
            "keypad": VirtualKeypad,
            "tag_pad": VirtualTagPad,
            "barcode_scanner": VirtualBarcodeScanner,
        }
        kind = kinds.get(self.part, VirtualInput)
        extra = {"part": self.part} if kind is VirtualInput else {}
        self.driver: InputDriver = kind(kind.Options(socket=self.board.path, **extra))

    async def act(self) -> Event:
        self.turn += 1
        match self.part:
            case "card_reader":
                self.board.tap(f"card-{self.turn}")
                return CardPresented(f"card-{self.turn}", CardFormat.TEXT)
            case "keypad":
                self.board.press(str(self.turn))
                return KeyPressed(str(self.turn))
            case "tag_pad":
                self.board.put_items(("a", "b", str(self.turn)))
                self.present = TagsOnPad(("a", "b", str(self.turn)))
                return self.present
            case "barcode_scanner":
                self.board.scan(f"3977{self.turn}")
                return BarcodeScanned(f"3977{self.turn}")
        return self._turn_level()

    def _turn_level(self) -> Event:
        active = self.turn % 2 == 1
        if self.part in HANDS:
            (self.board.make if active else self.board.unmake)(self.part)
        else:
            self._turn_leaf(is_open=active)
        self.present = InputChanged(active)
        return self.present

    def _turn_leaf(self, *, is_open: bool) -> None:
        match self.part, is_open:
            case "contact", True:
                self.board.push_door("inside")
            case "contact", False:
                self.board.shut_door()
            case "inner_contact", True:
                self.board.push_inner("inside")
            case "inner_contact", False:
                self.board.shut_inner()

    async def lose(self) -> None:
        await self.board.close()

    async def restore(self) -> None:
        await self.board.start()

    async def stop(self) -> None:
        await self.board.close()


class PcscRig:
    """The real pcscd with a card on its virtual reader."""

    present: Event | None = None

    async def start(self, folder: Path, *, there: bool = True) -> None:
        self.pcscd = Pcscd().__enter__()
        if not there:
            self.pcscd.stop()
        self.card: VirtualCard | None = None
        self.turn = 0
        self.driver: InputDriver = PcscCardReader(PcscCardReader.Options(reader="PICC"))

    async def act(self) -> Event:
        await self._take_card_off()
        self.turn += 1
        number = bytes.fromhex("04A1B2C3D4E5") + bytes([self.turn])
        self.card = await asyncio.to_thread(VirtualCard, number)
        return CardPresented(number, CardFormat.ISO14443)

    async def _take_card_off(self) -> None:
        if self.card is not None:
            await asyncio.to_thread(self.card.close)
            self.card = None
            # pcscd looks at readers without an interrupt every 400 ms; a swap within that is not to be seen.
            await asyncio.sleep(0.5)

    async def lose(self) -> None:
        await asyncio.to_thread(self.pcscd.stop, kill=True)
        await self._take_card_off()

    async def restore(self) -> None:
        await asyncio.to_thread(self.pcscd.start)

    async def stop(self) -> None:
        await self._take_card_off()
        self.pcscd.__exit__(None, None, None)


class NfcRig:
    """nfcpy over its udp driver and a card of ours; a socket is never lost, so the device is misspelt instead."""

    present: Event | None = None

    async def start(self, folder: Path, *, there: bool = True) -> None:
        self.tag = UdpTag()
        self.turn = 0
        device = f"udp:127.0.0.1:{self.tag.port}" if there else "tty:no-such-port:pn532"
        self.driver: InputDriver = NfcCardReader(NfcCardReader.Options(device=device))

    async def act(self) -> Event:
        self.turn += 1
        self.tag.number = bytes.fromhex("04A1B2C3D4E5") + bytes([self.turn])
        return CardPresented(self.tag.number, CardFormat.ISO14443)

    async def lose(self) -> None:
        raise NotImplementedError

    async def restore(self) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        await asyncio.to_thread(self.tag.close)


class SerialRig:
    """A pseudo-terminal whose name is a link, as udev makes them."""

    present: Event | None = None

    async def start(self, folder: Path, *, there: bool = True) -> None:
        self.link = folder / "scanner"
        self.turn = 0
        self.ends: tuple[int, int] | None = None
        self.driver: InputDriver = SerialBarcodeScanner(SerialBarcodeScanner.Options(device=str(self.link)))
        if there:
            await self.restore()

    async def act(self) -> Event:
        self.turn += 1
        self.say(f"3977{self.turn}\r".encode())
        return BarcodeScanned(f"3977{self.turn}")

    def say(self, raw: bytes) -> None:
        assert self.ends is not None
        os.write(self.ends[0], raw)

    async def lose(self) -> None:
        assert self.ends is not None
        self.link.unlink()
        for end in self.ends:
            os.close(end)
        self.ends = None

    async def restore(self) -> None:
        self.ends = os.openpty()
        for end in self.ends:
            tty.setraw(end)
        self.link.symlink_to(os.ttyname(self.ends[1]))

    async def stop(self) -> None:
        if self.ends is not None:
            await self.lose()
            await asyncio.sleep(RETRY_AFTER / 10)
