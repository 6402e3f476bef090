"""The card reader called `pcsc`: serial numbers of cards through pcscd.

One thread waits in SCardGetStatusChange. pyscard's own CardMonitor is not used: its thread ends for good when pcscd
goes away, and nobody is told.
"""

import logging
from collections.abc import AsyncIterator

from smartcard import scard

from hardware.errors import Lost
from hardware.monitor import RETRY_AFTER, Monitor, Say
from hardware.options import DriverOptions
from hardware.pcsc.cards import BLOCKS, GET_NUMBER, card_from, get_block, memory_from
from hardware.ports import CardFormat, CardPresented, CardReaderEvent

WAIT_MS = 1000
"""How long one wait for a change lasts; new readers are looked for after each."""
_COUNTED = 16
"""The upper half of a reader's state counts insertions, so that a quick swap of two cards is seen too."""

_log = logging.getLogger(__name__)


class PcscOptions(DriverOptions):
    """Which readers: those whose name holds `reader`; slots for SAMs are never meant.

    `tag_memory`: of a vicinity tag what is written on it, where that can be read, in place of its serial number.
    """

    reader: str = ""
    tag_memory: bool = False


class _Gone(Exception):
    """pcscd or the reader is not there."""


class PcscCardReader:
    """Cards held on any of the chosen readers."""

    Options = PcscOptions

    def __init__(self, options: PcscOptions) -> None:
        self._wanted, self._reads_memory = options.reader, options.tag_memory
        self._context: int | None = None
        self._monitor: Monitor[CardPresented] = Monitor("pcsc", self._watch, self._interrupt)

    def events(self) -> AsyncIterator[CardReaderEvent]:
        """Cards as they are held on a reader, one that lies there at the start included."""
        return self._monitor.events()

    async def check(self) -> None:
        """Raise Lost when pcscd does not run or has no such reader."""
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        try:
            _accept(result)
            self._readers(context)
        except _Gone as error:
            raise Lost(str(error)) from error
        finally:
            scard.SCardReleaseContext(context)

    async def close(self) -> None:
        """Let go of pcscd."""
        await self._monitor.close()

    def _interrupt(self) -> None:
        if (context := self._context) is not None:
            scard.SCardCancel(context)

    def _watch(self, say: Say[CardPresented]) -> None:
        while not say.stopped.is_set():
            result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
            try:
                _accept(result)
                self._context = context
                self._follow(context, say)
            except _Gone as error:
                say.lost(str(error))
                say.stopped.wait(RETRY_AFTER)
            finally:
                self._context = None
                scard.SCardReleaseContext(context)

    def _follow(self, context: int, say: Say[CardPresented]) -> None:
        states: dict[str, int] = {}
        while not say.stopped.is_set():
            readers = self._readers(context)
            states = {name: states.get(name, scard.SCARD_STATE_UNAWARE) for name in readers}
            say.found(", ".join(readers))
            result, changes = scard.SCardGetStatusChange(context, WAIT_MS, list(states.items()))
            if result in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED, scard.SCARD_E_UNKNOWN_READER):
                continue
            _accept(result)
            for name, state, reset in changes:
                if _came(states[name], state) and (card := self._read(context, name, bytes(reset))) is not None:
                    say.event(card)
                states[name] = state & ~scard.SCARD_STATE_CHANGED

    def _read(self, context: int, reader: str, reset: bytes) -> CardPresented | None:
        connected = _connected(context, reader)
        if connected is None:
            return None
        card, header = connected
        try:
            # A card that leaves in mid-word, or has no number, is no card: the person holds it there again.
            found = card_from(_asked(card, header, GET_NUMBER), reset)
            if found is None or found.format != CardFormat.ISO15693 or not self._reads_memory:
                return found
            return memory_from([_asked(card, header, get_block(number)) for number in range(BLOCKS)]) or found
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def _readers(self, context: int) -> list[str]:
        result, names = scard.SCardListReaders(context, [])
        if result != scard.SCARD_E_NO_READERS_AVAILABLE:
            _accept(result)
        wanted = [name for name in names or [] if self._wanted in name and "SAM" not in name]
        if not wanted:
            raise _Gone(f"no card reader named {self._wanted!r}" if self._wanted else "no card reader")
        return wanted


def _accept(result: int) -> None:
    if result != scard.SCARD_S_SUCCESS:
        raise _Gone(str(scard.SCardGetErrorMessage(result)))


def _came(before: int, now: int) -> bool:
    there = bool(now & scard.SCARD_STATE_PRESENT) and not now & scard.SCARD_STATE_MUTE
    was_there = bool(before & scard.SCARD_STATE_PRESENT)
    return there and (not was_there or before >> _COUNTED != now >> _COUNTED)


def _connected(context: int, reader: str) -> tuple[int, int] | None:
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    result, card, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols)
    if result != scard.SCARD_S_SUCCESS:
        _log.info("card unreadable reader=%r why=%r", reader, scard.SCardGetErrorMessage(result))
        return None
    return card, scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1


def _asked(card: int, header: int, command: tuple[int, ...]) -> bytes:
    """The card's answer; empty where it left in mid-word."""
    result, answer = scard.SCardTransmit(card, header, list(command))
    return bytes(byte & 0xFF for byte in answer) if result == scard.SCARD_S_SUCCESS else b""
