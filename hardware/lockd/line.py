"""A lock's line as a function that releases or locks it: a GPIO, or a virtual board's pin. Every failure is OSError."""

import fcntl
import json
import os
import socket
import struct
from collections.abc import Callable

Drive = Callable[[bool], object]
"""Called with True it releases the lock, with False it locks it; a line's power: with True it is on."""
# linux/gpio.h, uAPI v2: _IOWR(0xB4, 0x07, struct gpio_v2_line_request), _IOWR(0xB4, 0x0F, struct gpio_v2_line_values);
# two line flags, and the attribute that gives an output its level.
GET_LINE, SET_VALUES, ACTIVE_LOW, OUTPUT, OUTPUT_VALUES = 0xC250B407, 0xC010B40F, 1 << 1, 1 << 3, 2


def open_lock(spec: str, *, opens: bool) -> Drive:
    """Lock `gpio:CHIP:LINE[:active-low]` or `virtual:SOCKET[:PART]`, which power opens or not; OSError, ValueError."""
    try:
        match spec.split(":"):
            case ["virtual", path, *part] if len(part) < 2:
                power = board_line(path, "".join(part) or "strike", not opens)
            case ["gpio", chip, number, *low] if number.isdecimal() and low in ([], ["active-low"]):
                power = gpio_line(chip, line_request(int(number), bool(low), not opens))
            case _:
                raise ValueError(f"line {spec!r} is neither gpio:/dev/gpiochip0:17[:active-low] nor virtual:SOCKET")
    except OSError as error:
        raise OSError(f"line {spec} is not there or held by another process: {error.strerror or error}") from error
    return lambda released: power(released == opens)


def line_request(number: int, active_low: bool, on: bool) -> bytearray:
    """struct gpio_v2_line_request for one output that already has its level when it becomes an output."""
    config = (OUTPUT | ACTIVE_LOW * active_low, 1, OUTPUT_VALUES, 0, int(on), 1)
    return bytearray(struct.pack("=I252x32sQI20xIIQQ216xII20xi", number, b"meroppet-lockd", *config, 1, 0, -1))


def gpio_line(chip: str, request: bytearray) -> Drive:
    """The power of a real gpiochip's line. The kernel may keep its level after this process: lockd locks at start."""
    # The chip stays open: lockd has its lines for as long as it lives.
    fcntl.ioctl(os.open(chip, os.O_RDWR), GET_LINE, request)
    (line,) = struct.unpack_from("=i", request, len(request) - 4)
    return lambda on: fcntl.ioctl(line, SET_VALUES, struct.pack("=QQ", int(on), 1))


def board_line(path: str, part: str, on: bool) -> Drive:
    """The power of a pin of the virtual board, which persists like a Raspberry Pi's when this process dies."""
    board = socket.socket(socket.AF_UNIX)
    board.settimeout(1.0)
    board.connect(path)

    def ask(message: dict[str, object]) -> None:
        board.sendall(json.dumps(message).encode() + b"\n")
        if board.recv(4096) != b'{"ok": true}\n':
            raise ConnectionError(f"the virtual board refuses {part}")

    ask({"attach": part})
    ask({"set": on})
    return lambda on: ask({"set": on})
