"""The strike's line: a GPIO line through the kernel's character device, or the virtual board's pin."""

import fcntl
import json
import os
import socket
import struct
from typing import Protocol

# linux/gpio.h, uAPI v2: _IOWR(0xB4, 0x07, struct gpio_v2_line_request), _IOWR(0xB4, 0x0F, struct gpio_v2_line_values).
GET_LINE, SET_VALUES = 0xC250B407, 0xC010B40F
ACTIVE_LOW, OUTPUT, OUTPUT_VALUES = 1 << 1, 1 << 3, 2
BOARD_ANSWERS_WITHIN = 0.3


class Line(Protocol):
    """Power to the strike; every failure is an OSError."""

    def power(self, on: bool) -> None: ...


def open_line(spec: str, locked: bool) -> Line:
    """Open `gpio:CHIP:LINE[:active-low]` or `virtual:SOCKET` at the level `locked`; raises OSError, ValueError."""
    kind, _, rest = spec.partition(":")
    match kind, rest.split(":"):
        case "virtual", [path] if path:
            return BoardLine(path, locked)
        case "gpio", [chip, number, *low] if number.isdecimal() and low in ([], ["active-low"]):
            return GpioLine(chip, int(number), bool(low), locked)
    raise ValueError(f"line {spec!r} is neither gpio:/dev/gpiochip0:17[:active-low] nor virtual:SOCKET")


def line_request(number: int, active_low: bool, on: bool) -> bytearray:
    """struct gpio_v2_line_request for one output that already has its level when it becomes an output."""
    flags = OUTPUT | (ACTIVE_LOW if active_low else 0)
    level = struct.pack("=IIQQ", OUTPUT_VALUES, 0, int(on), 1)
    config = struct.pack("=QI20x", flags, 1) + level.ljust(240, b"\0")
    return bytearray(struct.pack("=I252x32s", number, b"meroppet-lockd") + config + struct.pack("=II20xi", 1, 0, -1))


class GpioLine:
    """A line of a real gpiochip. The kernel may keep its level after this process: that is why lockd locks at start."""

    def __init__(self, chip: str, number: int, active_low: bool, on: bool) -> None:
        request = line_request(number, active_low, on)
        descriptor = os.open(chip, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, GET_LINE, request)
        finally:
            os.close(descriptor)
        (self._line,) = struct.unpack_from("=i", request, len(request) - 4)

    def power(self, on: bool) -> None:
        fcntl.ioctl(self._line, SET_VALUES, struct.pack("=QQ", int(on), 1))


class BoardLine:
    """The pin of the virtual board, which persists like a Raspberry Pi's when this process dies."""

    def __init__(self, path: str, on: bool) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(BOARD_ANSWERS_WITHIN)
        self._socket.connect(path)
        self._answers = self._socket.makefile("rb")
        self._ask({"attach": "strike"})
        self.power(on)

    def power(self, on: bool) -> None:
        self._ask({"set": on})

    def _ask(self, message: dict[str, object]) -> None:
        self._socket.sendall(json.dumps(message).encode() + b"\n")
        if b'"ok": true' not in self._answers.readline(4096):
            raise ConnectionError("the virtual board is gone or refused the strike")
