"""How many wrong PINs a card and a door may see, and for how long they are then locked out.

Ten thousand PINs are soon tried: the counts outlast a night, follow the card from door to door, and end in a person's
hands. What they let an attacker reach is computed in docs/pins.md and simulated with this very code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from meroppet.rules.reasons import Reason


class PinAnswer(StrEnum):
    """What a PIN check found; everything but RIGHT is a refusal.

    WITHHELD: nobody was asked, for one more wrong PIN could have locked the account, or too many have been tried.
    """

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    WITHHELD = "withheld"


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


CARD_CAPS = (
    Cap(5, timedelta(minutes=15), timedelta(minutes=15)),
    Cap(10, timedelta(hours=24), timedelta(hours=24)),
)
CARD_TOTAL = 20
"""As many since the last right PIN lock a card until staff reset it."""

DOOR_PAUSE = Cap(10, timedelta(minutes=10), timedelta(seconds=60))
"""The first pause; each further failure while it holds doubles it."""
LONGEST_PAUSE = timedelta(minutes=15)
DOOR_DAY = timedelta(hours=24)
KNOWN_CARDS_FROM = 30
OFF_FROM = 100
KNOWN_FOR = timedelta(days=30)
"""A card that was let in no longer ago is known at the door."""

LOOKS_BACK = 2 * DOOR_DAY
"""Failures older than this lock by their number only: no cap counts further back and locks for longer."""

UNKNOWN_LIMIT = 3
"""The fewest wrong PINs in a row after which a register is known to lock an account."""


@dataclass(frozen=True, slots=True)
class CardStanding:
    """What is known of a card's tries. `failures` since its last right PIN, oldest first.

    `earlier`: how many more there were, too long ago to be dated. `locked_until` and `until_reset` are what the server
    has said of tries at other doors.
    """

    failures: Sequence[datetime] = ()
    earlier: int = 0
    known: bool = False
    locked_until: datetime | None = None
    until_reset: bool = False


class DoorMode(StrEnum):
    """Whom a door asks for a PIN: everybody, nobody for a while, known cards only, or nobody until staff say so."""

    OPEN = "open"
    PAUSED = "paused"
    KNOWN_CARDS = "known_cards"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class DoorStanding:
    """A door's mode; `until` when it ends by itself, None if it does not or there is nothing to end."""

    mode: DoorMode = DoorMode.OPEN
    until: datetime | None = None


def card_gate(card: CardStanding, door: DoorStanding, now: datetime) -> Reason | None:
    """Why this card must not be asked for its PIN at this door now, or None. Nothing about a person follows from it."""
    if door.mode in {DoorMode.OFF, DoorMode.PAUSED}:
        return Reason.DOOR_LOCKED_OUT
    if door.mode is DoorMode.KNOWN_CARDS and not card.known:
        return Reason.DOOR_KNOWN_CARDS
    told = card.until_reset or (card.locked_until is not None and now < card.locked_until)
    return Reason.PIN_LOCKED if told or card_lock(card.failures, now, card.earlier) is not None else None


@dataclass(frozen=True, slots=True)
class CardLock:
    """How long a card is locked; `until` None: until staff reset it."""

    until: datetime | None


def card_lock(failures: Sequence[datetime], now: datetime, earlier: int = 0) -> CardLock | None:
    """How long a card's failures since its last right PIN lock it, None if they do not.

    Oldest first. A failure dated in the future (the clock went back) counts as one just made.
    """
    if len(failures) + earlier >= CARD_TOTAL:
        return CardLock(None)
    ends = [end for cap in CARD_CAPS if (end := _ends(cap, failures, now)) is not None]
    return CardLock(max(ends)) if ends else None


def card_locked(failures: Sequence[datetime], now: datetime) -> bool:
    """Whether a card's failures since its last right PIN lock it now."""
    return card_lock(failures, now) is not None


def door_mode(
    failures: Sequence[datetime], acknowledged_at: datetime | None, now: datetime, off_since: datetime | None = None
) -> DoorStanding:
    """Whom a door asks for a PIN after its failures over all cards, oldest first.

    What staff have acknowledged is forgiven; a door that has gone `off_since` stays so until they have, and so does one
    that sees its hundredth failure of a day now.
    """
    # Before they are dated anew: a clock that is set back must forgive nothing.
    made = _dated([failure for failure in failures if acknowledged_at is None or failure > acknowledged_at], now)
    off = off_since is not None and (acknowledged_at is None or off_since >= acknowledged_at)
    if off or _went_off(made):
        return DoorStanding(DoorMode.OFF)
    paused_until = _paused_until(made)
    if paused_until is not None and now < paused_until:
        return DoorStanding(DoorMode.PAUSED, paused_until)
    if len(made) >= KNOWN_CARDS_FROM and now < (ends := made[-KNOWN_CARDS_FROM] + DOOR_DAY):
        return DoorStanding(DoorMode.KNOWN_CARDS, ends)
    return DoorStanding()


def door_locked(failures: Sequence[datetime], now: datetime) -> bool:
    """Whether a door's failures over all cards keep it from asking just anybody now."""
    return door_mode(failures, None, now).mode is not DoorMode.OPEN


def _went_off(failures: Sequence[datetime]) -> bool:
    """Whether some day of these failures (oldest first) held so many that staff must look at the door."""
    return any(last - first < DOOR_DAY for first, last in zip(failures, failures[OFF_FROM - 1 :], strict=False))


def may_send(wrong_in_a_row: int, limit: int | None, *, agreed: bool) -> bool:
    """Whether a PIN may go to the register, which locks an account after `limit` wrong ones in a row (None: never).

    The one that could be the last wrong one goes only where a learned verifier agreed with it, and only once: if it is
    wrong all the same, whoever agreed is not to be believed. 0 is no limit of a register: ValueError.
    """
    if limit is None:
        return True
    if limit < 1:
        raise ValueError("a register that locks does so after one wrong PIN or more")
    return wrong_in_a_row < limit - 1 or (agreed and wrong_in_a_row < limit)


def _dated(failures: Sequence[datetime], now: datetime) -> list[datetime]:
    return sorted(min(failure, now) for failure in failures)


def _ends(cap: Cap, failures: Sequence[datetime], now: datetime) -> datetime | None:
    """When the lock of a cap ends, None if it does not hold now."""
    made = _dated(failures, now)
    reached = [last for first, last in zip(made, made[cap.failures - 1 :], strict=False) if last - first < cap.within]
    ends = reached[-1] + cap.locked_for if reached else now
    return ends if now < ends else None


def _paused_until(made: Sequence[datetime]) -> datetime | None:
    """When the last pause ends. Each failure that finds as many within the time as before it doubles the pause."""
    until, level = None, 0
    for first, last in zip(made, made[DOOR_PAUSE.failures - 1 :], strict=False):
        if last - first >= DOOR_PAUSE.within:
            level = 0
            continue
        until = last + min(DOOR_PAUSE.locked_for * 2**level, LONGEST_PAUSE)
        level = min(level + 1, 4)
    return until
