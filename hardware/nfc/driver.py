"""The card reader called `nfc`: serial numbers of ISO 14443-A cards through nfcpy, polled in its own thread.

nfcpy knows no ISO 15693 tags and no sectors of MIFARE Classic; for those use `pcsc`. It fights pcscd over a USB reader.
"""

from collections.abc import AsyncIterator

import nfc.clf

from hardware.errors import Lost
from hardware.monitor import RETRY_AFTER, Monitor, Say
from hardware.options import DriverOptions
from hardware.ports import CardFormat, CardPresented, CardReaderEvent

POLL_EVERY = 0.1
MISSES_THAT_MEAN_GONE = 2


class NfcOptions(DriverOptions):
    """Which reader, as nfcpy names it: `usb`, `tty:S0:pn532`, `udp:127.0.0.1:54321`."""

    device: str = "usb"


class NfcCardReader:
    """Cards in the field of one reader."""

    Options = NfcOptions

    def __init__(self, options: NfcOptions) -> None:
        self._device = options.device
        self._monitor: Monitor[CardPresented] = Monitor("nfc", self._watch)

    def events(self) -> AsyncIterator[CardReaderEvent]:
        """Cards as they come into the field."""
        return self._monitor.events()

    async def check(self) -> None:
        """Raise Lost when the reader cannot be opened."""
        try:
            nfc.clf.ContactlessFrontend(self._device).close()
        except OSError as error:
            raise Lost(f"no NFC reader at {self._device}: {error}") from error

    async def close(self) -> None:
        """Let go of the reader."""
        await self._monitor.close()

    def _watch(self, say: Say[CardPresented]) -> None:
        while not say.stopped.is_set():
            try:
                with nfc.clf.ContactlessFrontend(self._device) as frontend:
                    say.found(self._device)
                    self._poll(frontend, say)
            except OSError as error:
                say.lost(str(error))
                say.stopped.wait(RETRY_AFTER)

    def _poll(self, frontend: nfc.clf.ContactlessFrontend, say: Say[CardPresented]) -> None:
        held, misses = b"", 0
        while not say.stopped.wait(POLL_EVERY):
            target = frontend.sense(nfc.clf.RemoteTarget("106A"), iterations=1)
            number = bytes(target.sdd_res) if target is not None and target.sdd_res is not None else b""
            misses = 0 if number else misses + 1
            if number and number != held:
                say.event(CardPresented(number, CardFormat.ISO14443))
            if number or misses >= MISSES_THAT_MEAN_GONE:
                held = number
