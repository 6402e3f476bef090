"""The few calls of RPi.GPIO 0.7 that the gpio drivers make, with what their documentation says of them."""  # noqa: N999 - the name it stands in for

from collections.abc import Callable

BCM, IN, OUT, LOW, HIGH, BOTH = 11, 1, 0, 0, 1, 33
PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22
PINS = range(28)

levels: dict[int, int] = {}
"""What stands on each claimed pin."""
history: list[tuple[int, int]] = []
"""Every level an output has had, its first included."""
directions: dict[int, int] = {}
callbacks: dict[int, Callable[[int], None]] = {}


def setmode(mode: int) -> None:
    assert mode == BCM


def setup(pin: int, direction: int, *, pull_up_down: int = PUD_OFF, initial: int | None = None) -> None:
    if pin not in PINS:
        raise ValueError("The channel sent is invalid on a Raspberry Pi")
    if direction == OUT:
        assert initial is not None, "an output without a first level is an output with any level"
        levels[pin] = initial
        history.append((pin, initial))
    else:
        levels.setdefault(pin, int(pull_up_down == PUD_UP))
    directions[pin] = direction


def output(pin: int, level: int) -> None:
    if directions.get(pin) != OUT:
        raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
    levels[pin] = level
    history.append((pin, level))


def input(pin: int) -> int:  # noqa: A001 - RPi.GPIO calls it so
    return levels[pin]


def add_event_detect(pin: int, edge: int, callback: Callable[[int], None]) -> None:
    assert edge == BOTH
    callbacks[pin] = callback


def remove_event_detect(pin: int) -> None:
    callbacks.pop(pin, None)


def cleanup(pin: int) -> None:
    directions.pop(pin, None)
    levels.pop(pin, None)


def outside(pin: int, level: int) -> None:
    """What the wiring does to an input; not part of RPi.GPIO."""
    levels[pin] = level
    if pin in callbacks:
        callbacks[pin](pin)
