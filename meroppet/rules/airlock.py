"""Two doors with a space between, of which only one may be open: the inner one opens once the outer has shut. Pure.

It rules who comes in. Whoever leaves presses a button at each door, and no button asks what the other door does.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from meroppet.rules.door_vocabulary import Asked, Door

BETWEEN_SECONDS = 60.0
"""How long somebody let in may take to shut the outer door behind her."""


class Stage(StrEnum):
    """How far whoever was let in has come."""

    EMPTY = "empty"
    ENTERING = "entering"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class LetIn:
    """Somebody is to be let in, through both doors."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class Look:
    """A door may have changed, or time has passed."""


Happening = LetIn | Look


@dataclass(frozen=True, slots=True)
class AskOuter:
    """Put this to the outer door."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class AskInner:
    """Put this to the inner door; its lease is named after the outer one's."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class NotNow:
    """The inner door is not shut and locked: whoever holds up a card must wait."""

    asked: Asked


Effect = AskOuter | AskInner | NotNow


@dataclass(frozen=True, slots=True)
class Airlock:
    """Where an entry stands; `asked` is what was asked for it, until `until` (monotonic seconds)."""

    stage: Stage = Stage.EMPTY
    asked: Asked | None = None
    until: float = 0.0


Step = tuple[Airlock, tuple[Effect, ...]]


def is_secure(door: Door) -> bool:
    """Whether a door is shut, and nothing has released it."""
    free = door.renew_at is not None or door.fire_renew_at is not None
    return door.opened_at is None and door.lease is None and not free


def due(airlock: Airlock) -> float | None:
    """When it wants a Look, or None."""
    return None if airlock.stage is Stage.EMPTY else airlock.until


def step(airlock: Airlock, happening: Happening, outer: Door, inner: Door, now: float) -> Step:
    """The next stage and the effects. While either door stands free there is no lock between them."""
    match happening:
        case LetIn(asked):
            return _let_in(airlock, asked, inner, now)
        case _:
            return _look(airlock, outer, inner, now)


def _let_in(airlock: Airlock, asked: Asked, inner: Door, now: float) -> Step:
    stands_free = inner.renew_at is not None or inner.fire_renew_at is not None
    if not stands_free and not is_secure(inner):
        return airlock, (NotNow(asked),)
    return Airlock(Stage.ENTERING, asked, now + asked.seconds + BETWEEN_SECONDS), (AskOuter(asked),)


def _look(airlock: Airlock, outer: Door, inner: Door, now: float) -> Step:
    if airlock.asked is None or now >= airlock.until:
        return Airlock(), ()
    if airlock.stage is Stage.ENTERING:
        # Through as soon as the leaf has opened; who never opened it is not between.
        return (replace(airlock, stage=Stage.BETWEEN) if outer.opened_at is not None else airlock), ()
    if not is_secure(outer) or not is_secure(inner):
        return airlock, ()
    on = replace(airlock.asked, lease=f"{airlock.asked.lease[:58]}-inner", cause="airlock")
    return Airlock(), (AskInner(on),)
