"""Bytes of a serial scanner made into scans. Pure.

* CR or LF ends a scan; an empty one is none.
* What is left without an end when the scanner pauses is a fragment and dropped: half a number is another number.
* Control characters and undecodable bytes stay in the text for the one who judges it.
* Of a scan longer than TEXT_CAP the first TEXT_CAP characters are kept, marked incomplete.
"""

import re

from hardware.ports import TEXT_CAP, BarcodeScanned

_MOST_BYTES = 4 * TEXT_CAP + 4


class ScanFrames:
    """Collects bytes until a scan is whole."""

    def __init__(self) -> None:
        self._unfinished = b""

    def feed(self, received: bytes) -> list[BarcodeScanned]:
        """Take what came; return the scans that it finished."""
        *finished, self._unfinished = re.split(rb"[\r\n]", self._unfinished + received)
        # Beyond the cap nothing more is looked at, so that a scanner gone mad cannot fill the memory.
        self._unfinished = self._unfinished[:_MOST_BYTES]
        return [_scan(raw) for raw in finished if raw]

    def pause(self) -> None:
        """The scanner fell silent: drop a fragment."""
        self._unfinished = b""


def _scan(raw: bytes) -> BarcodeScanned:
    text = raw[:_MOST_BYTES].decode(errors="replace")
    return BarcodeScanned(text[:TEXT_CAP], complete=len(text) <= TEXT_CAP)
