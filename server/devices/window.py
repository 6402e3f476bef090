"""Which sequence numbers of a boot are new: a sliding window, as a pure function."""

from dataclasses import dataclass

from meroppet.wire.signing import WINDOW

_MASK = (1 << WINDOW) - 1


@dataclass(frozen=True, slots=True)
class Window:
    """The highest number accepted, and a bit for each of the WINDOW numbers below it (bit 0: one below)."""

    highest: int = 0
    seen: int = 0


def accepted(window: Window, number: int) -> Window | None:
    """The window after this number, or None if it was used before, lies too far back, or is none."""
    if number < 1:
        return None
    ahead = number - window.highest
    if ahead > WINDOW:
        return Window(number, 0)
    if ahead > 0:
        return Window(number, ((window.seen << 1 | (window.highest > 0)) << (ahead - 1)) & _MASK)
    if not -WINDOW <= ahead < 0:
        return None
    bit = 1 << (-ahead - 1)
    return None if window.seen & bit else Window(window.highest, window.seen | bit)
