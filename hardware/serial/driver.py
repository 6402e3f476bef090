"""The barcode scanner called `serial`: a port that pyserial opens, read in its own thread."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import serial

from hardware.errors import Lost
from hardware.monitor import RETRY_AFTER, Monitor, Say
from hardware.options import DriverOptions
from hardware.ports import BarcodeScanned, ScannerEvent
from hardware.serial.frames import ScanFrames

PAUSE = 0.3
"""Seconds of silence after which a scan without end is a fragment."""


class SerialOptions(DriverOptions):
    """Which port: `/dev/serial/by-id/…` keeps its name when plugs change places."""

    device: str
    baudrate: int = 9600


class SerialBarcodeScanner:
    """Scans by any scanner that ends them with CR or LF."""

    Options = SerialOptions

    def __init__(self, options: SerialOptions) -> None:
        self._options = options
        self._port: serial.Serial | None = None
        # Held by whoever interrupts or closes the port: an interruption that came in the middle of closing would
        # write into whatever file had been given the pipe's number since.
        self._closing = threading.Lock()
        self._monitor: Monitor[BarcodeScanned] = Monitor("barcode scanner", self._watch, self._interrupt)

    def events(self) -> AsyncIterator[ScannerEvent]:
        """Scans as they come; see frames for what is one."""
        return self._monitor.events()

    async def check(self) -> None:
        """Raise Lost when the port cannot be opened."""
        try:
            self._open().close()
        except OSError as error:
            raise Lost(f"no scanner at {self._options.device}: {error}") from error

    async def close(self) -> None:
        """Let go of the port."""
        await self._monitor.close()

    def _open(self) -> serial.Serial:
        # Exclusive: two readers would each get half of every scan.
        return serial.Serial(self._options.device, self._options.baudrate, timeout=PAUSE, exclusive=True)

    def _interrupt(self) -> None:
        with self._closing:
            if self._port is not None:
                self._port.cancel_read()

    @contextmanager
    def _opened(self) -> Iterator[serial.Serial]:
        port = self._port = self._open()
        try:
            yield port
        finally:
            with self._closing:
                self._port = None
                port.close()

    def _watch(self, say: Say[BarcodeScanned]) -> None:
        while not say.stopped.is_set():
            try:
                with self._opened() as port:
                    say.found(self._options.device)
                    self._read(port, say)
            except (OSError, TypeError) as error:
                # pyserial answers a port that vanished under it with SerialException (an OSError) or a TypeError.
                say.lost(str(error))
                say.stopped.wait(RETRY_AFTER)

    def _read(self, port: serial.Serial, say: Say[BarcodeScanned]) -> None:
        frames = ScanFrames()
        while not say.stopped.is_set():
            received = port.read(1)
            if not received:
                frames.pause()
            for scan in frames.feed(received + port.read(port.in_waiting)):
                say.event(scan)
