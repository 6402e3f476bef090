"""Lights and other relays by schedule, closing and presence: each relay belongs to a group that says when it is on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.entry_vocabulary import Record
from meroppet.rules.house_events import RelaySwitched

LINGER_SECONDS = 300.0
"""How long somebody who was sensed, or let in or out, is taken to be there still."""


class Group(StrEnum):
    """When a relay is on."""

    OPEN = "open"
    """While the branch is open."""
    SELF_SERVICE = "self_service"
    """While the branch is open without staff: for the intruder alarm, cameras, computers."""
    LIGHTS = "lights"
    """While the branch is open, and after that until the closing routine puts it out and nobody is sensed."""
    PRESENCE = "presence"
    """While somebody is sensed, and a while after."""
    CLOSING = "closing"
    """From the first announcement of a closing until it is closed: for computers and signs."""
    ALARM = "alarm"
    """While something wants a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of the house. `moved_at`: when somebody was last sensed or let through (monotonic seconds)."""

    state: BranchState | None
    lights: bool = True
    moved_at: float | None = None
    is_closing: bool = False
    wants_a_person: bool = False
    fire: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """Switch a relay. What is switched is what it is: it may be done again."""

    relay: str
    is_on: bool


Effect = Switch | Record


def wanted(group: Group, seen: Seen, now: float) -> tuple[bool, str]:
    """Whether a relay of this group is to be on, and why it is as it is."""
    is_open, present = seen.state in OPEN, _is_present(seen, now)
    match group:
        case Group.LIGHTS:
            return _lights(seen, is_open=is_open, present=present)
        case Group.PRESENCE:
            return present or seen.fire, "fire" if seen.fire else "presence"
        case Group.CLOSING:
            return seen.is_closing and is_open, "closing"
        case Group.ALARM:
            return seen.wants_a_person, "alarm"
        case Group.SELF_SERVICE:
            return seen.state is BranchState.SELF_SERVICE, "hours"
        case _:
            return is_open, "hours"


def step(
    on: Mapping[str, bool], groups: Mapping[str, Group], seen: Seen, now: float
) -> tuple[dict[str, bool], tuple[Effect, ...]]:
    """How the relays stand then, and what is to be switched and told. `on`: as far as it is known."""
    after, effects = {}, list[Effect]()
    for relay, group in groups.items():
        is_on, why = wanted(group, seen, now)
        after[relay] = is_on
        if on.get(relay) is not is_on:
            effects += (Switch(relay, is_on), Record(RelaySwitched(relay, is_on, why)))
    return after, tuple(effects)


def due(seen: Seen, now: float) -> float | None:
    """When presence is over (monotonic seconds), so that it is looked again; None: nobody is sensed."""
    return seen.moved_at + LINGER_SECONDS if seen.moved_at is not None and _is_present(seen, now) else None


def _is_present(seen: Seen, now: float) -> bool:
    return seen.moved_at is not None and now < seen.moved_at + LINGER_SECONDS


def _lights(seen: Seen, *, is_open: bool, present: bool) -> tuple[bool, str]:
    # Nobody is left in the dark: not in a fire, not while somebody moves, whatever the plan says.
    if seen.fire:
        return True, "fire"
    if present:
        return True, "presence"
    return (True, "hours") if is_open else (seen.lights, "closing")
