"""How many wrong PINs a card and a door may see, and for how long they are then locked out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class PinAnswer(StrEnum):
    """What a PIN check found; everything but RIGHT is a refusal."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"


class Outcome(StrEnum):
    """How an attempt that was counted before it was checked turned out."""

    OPEN = "open"
    WRONG = "wrong"
    RIGHT = "right"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Cap:
    """This many failures within a time lock for a time after the last of them."""

    failures: int
    within: timedelta
    locked_for: timedelta


# Ten thousand PINs are soon tried: caps must outlast a night and follow the card.
CARD_CAPS = (
    Cap(5, timedelta(minutes=15), timedelta(minutes=15)),
    Cap(10, timedelta(hours=24), timedelta(hours=24)),
)
CARD_TOTAL = 20
DOOR_CAPS = (
    Cap(10, timedelta(minutes=10), timedelta(seconds=60)),
    Cap(30, timedelta(hours=24), timedelta(minutes=15)),
)


def card_locked(failures: Sequence[datetime], now: datetime) -> bool:
    """Whether a card's failures since its last right PIN (oldest first) lock it now.

    Twenty lock it until staff reset it. A failure dated in the future (the clock went back) counts as one just made.
    """
    return len(failures) >= CARD_TOTAL or any(_reached(cap, failures, now) for cap in CARD_CAPS)


def door_locked(failures: Sequence[datetime], now: datetime) -> bool:
    """Whether a door's failures over all cards make it pause now."""
    return any(_reached(cap, failures, now) for cap in DOOR_CAPS)


def _reached(cap: Cap, failures: Sequence[datetime], now: datetime) -> bool:
    made = sorted(min(failure, now) for failure in failures)
    for first, last in zip(made, made[cap.failures - 1 :], strict=False):
        if last - first < cap.within and now - last < cap.locked_for:
            return True
    return False
