"""What the machine itself knows of the time: its battery-backed clock, and whether the kernel's clock follows NTP.

Neither is believed by itself: `vouched` holds them against what somebody better has said (ADR 0017).
"""

import ctypes
import fcntl
import logging
import os
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

logger = logging.getLogger(__name__)

_CHIP = Path("/sys/class/rtc/rtc0/since_epoch")
_DEVICE = Path("/dev/rtc0")
_FOLLOWED = Path("/run/systemd/timesync/synchronized")
_UNSYNCHRONISED, _ERROR = 0x0040, 5
"""STA_UNSYNC in the status, TIME_ERROR as the answer (adjtimex(2))."""
_SET_TIME = 0x4024700A
"""RTC_SET_TIME (rtc(4)): nine ints, as in struct tm."""


class TimeSource(Protocol):
    """What a machine says of the time beside its wall clock. Nothing of it raises."""

    def chip(self) -> datetime | None:
        """What the battery-backed clock shows, in UTC and to the second, or None."""
        ...

    def set_chip(self, now: datetime) -> bool:
        """Set the battery-backed clock; False where it cannot be done."""
        ...

    def is_disciplined(self) -> bool:
        """Whether the kernel's clock follows NTP now."""
        ...


class NoSource:
    """For a clock that is not the machine's: nothing beside it is known."""

    def chip(self) -> datetime | None:
        """Nothing."""
        return None

    def set_chip(self, now: datetime) -> bool:  # noqa: ARG002 (the protocol's)
        """Nothing to set."""
        return False

    def is_disciplined(self) -> bool:
        """Nobody knows."""
        return False


class _Timex(ctypes.Structure):
    # struct timex of Linux, of which only the status is read; the rest is longer than any kernel's.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


class KernelTime:
    """The Linux kernel's word; what cannot be read is not known."""

    def __init__(self, chip: Path = _CHIP, device: Path = _DEVICE, followed: Path = _FOLLOWED) -> None:
        self._chip, self._device, self._followed = chip, device, followed
        self._may_set = True

    def chip(self) -> datetime | None:
        """What rtc0 shows; it is taken to run in UTC, as Linux sets it."""
        try:
            return datetime.fromtimestamp(int(self._chip.read_text(encoding="ascii")), UTC)
        except (OSError, ValueError, OverflowError):
            return None

    def set_chip(self, now: datetime) -> bool:
        """Set rtc0, which takes CAP_SYS_TIME; under NTP the kernel does it every eleven minutes by itself."""
        if not self._may_set:
            return False
        try:
            descriptor = os.open(self._device, os.O_WRONLY)
            try:
                fcntl.ioctl(descriptor, _SET_TIME, _as_tm(now))
            finally:
                os.close(descriptor)
        except OSError as error:
            self._may_set = False
            logger.info("the battery-backed clock is not set by this process", extra={"why": error})
        return self._may_set

    def is_disciplined(self) -> bool:
        """The kernel's own word; where it may not be asked, systemd-timesyncd's."""
        said = _Timex()
        answer = ctypes.CDLL(None).adjtimex(ctypes.byref(said))
        if answer == -1:
            return self._followed.exists()
        return answer != _ERROR and not said.status & _UNSYNCHRONISED


def _as_tm(now: datetime) -> bytes:
    utc = now.astimezone(UTC)
    return struct.pack("9i", utc.second, utc.minute, utc.hour, utc.day, utc.month - 1, utc.year - 1900, 0, 0, 0)
