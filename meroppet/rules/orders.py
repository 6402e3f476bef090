"""Orders of staff at a door: what each does, what may stand against it, and what it answers. Pure.

An order is answered once, in the journal, before anything moves; what locks is done before it is told.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from meroppet.rules.access import Site
from meroppet.rules.alarms import Acknowledge
from meroppet.rules.branch import OPEN, BranchState, ClockTrust, knows_the_hour
from meroppet.rules.door_vocabulary import EXIT_SECONDS, Asked, LockNow, ResetFire
from meroppet.rules.entry_vocabulary import Record, StaffCame
from meroppet.rules.events import OrderAnswered
from meroppet.rules.policy import Policy


class Action(StrEnum):
    """What staff may order a door to do."""

    OPEN_ONCE = "open_once"
    CLOSE_NOW = "close_now"
    """Nobody more is let in until these opening hours are over."""
    LOCK_DOWN = "lock_down"
    """Nobody but the staff's list is let in until it is lifted; a restart does not lift it."""
    LIFT = "lift"
    EXTEND = "extend"
    READ_TAG = "read_tag"
    ALARM_RESET = "alarm_reset"
    LEAVE_OUT = "leave_out"


ALWAYS = frozenset({Action.CLOSE_NOW, Action.LOCK_DOWN})
"""What only makes a door shut is done by a door that does not know the hour too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order; `action` as it was sent, which may be newer than this door."""

    id: str
    action: str
    expires: datetime
    change: int | None = None
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What is known at the door. `change`: the newest number that has arrived; `fire_on`: its input says fire now.

    `ends`: when the stretch of opening hours that runs now ends, None where the branch is not open.
    """

    now: datetime
    trust: ClockTrust
    policy: Policy | None = None
    armed: bool = False
    fire_on: bool = False
    change: int = 0
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What orders have laid over the hours, and those that wait for longer hours to arrive."""

    locked_down: bool = False
    closed_until: datetime | None = None
    waiting: tuple[Order, ...] = ()


# What is to be done.
@dataclass(frozen=True, slots=True)
class LetIn:
    """Have somebody let in; the order was answered before."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """Put this to every door."""

    happening: LockNow | ResetFire


@dataclass(frozen=True, slots=True)
class ReadTag:
    """Report the next tag instead of opening by it."""

    order: str


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Leave out the next such step of the closing routine."""

    step: str
    order: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask the server now for what is new."""


@dataclass(frozen=True, slots=True)
class KeepStanding:
    """Put on disk, before it is answered, what a restart must not undo."""

    locked_down: bool


Effect = Record | LetIn | StaffCame | AtTheDoor | Acknowledge | ReadTag | LeaveOut | Fetch | KeepStanding
Step = tuple[Standing, tuple[Effect, ...]]


def take(standing: Standing, order: Order, here: Here) -> Step:
    """An order that was never answered has come. The effects are performed in order, up to the first that fails."""
    against = why_not(standing, order, here)
    if against:
        return standing, (_answer(order, against),)
    match Action(order.action):
        case Action.OPEN_ONCE:
            return standing, (_answer(order), LetIn(_asked(order, here)), StaffCame())
        case Action.CLOSE_NOW:
            return replace(standing, closed_until=here.ends), (AtTheDoor(LockNow()), _answer(order))
        case Action.LOCK_DOWN:
            kept = KeepStanding(locked_down=True)
            return replace(standing, locked_down=True), (AtTheDoor(LockNow()), kept, _answer(order))
        case Action.LIFT:
            kept = KeepStanding(locked_down=False)
            return replace(standing, locked_down=False, closed_until=None), (_answer(order), kept)
        case Action.EXTEND:
            return look(replace(standing, waiting=(*standing.waiting, order)), here, Fetch())
        case Action.READ_TAG:
            return standing, (_answer(order), ReadTag(order.id))
        case Action.ALARM_RESET:
            return standing, (_answer(order), AtTheDoor(ResetFire("order")), Acknowledge("order"))
        case _:
            return standing, (_answer(order), LeaveOut(order.step, order.id))


def look(standing: Standing, here: Here, *also: Effect) -> Step:
    """Time has passed or news have arrived: what waits is answered, and a closing that is over is forgotten."""
    done = tuple(order for order in standing.waiting if here.change >= (order.change or 0))
    late = tuple(order for order in standing.waiting if order not in done and here.now >= order.expires)
    left = tuple(order for order in standing.waiting if order not in (*done, *late))
    over = standing.closed_until is not None and knows_the_hour(here.trust) and here.now >= standing.closed_until
    after = replace(standing, waiting=left, closed_until=None if over else standing.closed_until)
    answers = (*(_answer(order) for order in done), *(_answer(order, "not_arrived") for order in late))
    return after, (*(also if left else ()), *answers)


def why_not(standing: Standing, order: Order, here: Here) -> str:
    """Why an order is not carried out, or nothing. It may not be late, and a door without the hour cannot tell."""
    if order.action not in set(Action):
        return "not_understood"
    action = Action(order.action)
    if not knows_the_hour(here.trust):
        return "" if action in ALWAYS else "clock_untrusted"
    if here.now >= order.expires:
        return "expired"
    return _house_against(standing, action, order, here)


def _house_against(standing: Standing, action: Action, order: Order, here: Here) -> str:
    if action is Action.OPEN_ONCE and here.armed:
        return "alarm_armed"
    if action is Action.OPEN_ONCE and standing.locked_down:
        return "locked_down"
    if action is Action.ALARM_RESET and here.fire_on:
        return "fire"
    return "not_understood" if action is Action.EXTEND and order.change is None else ""


def laid_over(site: Site, standing: Standing) -> Site:
    """The site as orders have it: locked down as an emergency, closed as closed by the hours."""
    if standing.locked_down:
        return replace(site, state=BranchState.EMERGENCY_CLOSED, pause=None)
    until = standing.closed_until
    if until is None or site.now >= until or site.state not in OPEN:
        return site
    return replace(site, state=BranchState.CLOSED, pause=None)


def _asked(order: Order, here: Here) -> Asked:
    seconds = here.policy.release_seconds if here.policy is not None else EXIT_SECONDS
    return Asked(order.id[:64], seconds, "order")


def _answer(order: Order, reason: str = "") -> Record:
    return Record(OrderAnswered(order.id, order.action, not reason, reason))
