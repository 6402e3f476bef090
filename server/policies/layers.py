"""What consortium, municipality and branch each say of who may come in, and what comes of it at a branch. Pure.

A level says some things and is silent about the rest. Where strictness has an order, a lower level may only be
stricter than those above it, and the strictest word holds; where it has none, the nearest word holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from meroppet.rules.policy import (
    Companions,
    Guests,
    Permission,
    PinCheck,
    Policy,
    StaffedDoor,
    WeakPins,
    WithoutConnection,
)

Stated = Mapping[str, Any]
"""Fields of Policy by name, with the values rules work with; what is not in it is not said."""

FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Policy))
DEFAULTS: Stated = MappingProxyType(
    {name: getattr(Policy(minimum_age=0), name) for name in FIELDS if name != "minimum_age"}
)
"""What holds where no level says anything. The age has none: somebody must have said it."""


class Level(StrEnum):
    """Who says something, the widest first."""

    CONSORTIUM = "consortium"
    MUNICIPALITY = "municipality"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says in its newest version; version 0 says nothing yet."""

    level: Level
    place: str
    name: str
    stated: Stated
    version: int = 0
    decision: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that is looser than one above allows: whose rule stands against it, and what it says."""

    field: str
    value: Any
    layer: Layer
    stands: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule that is another afterwards. `is_stricter` None: strictness has no order there."""

    field: str
    before: Any
    after: Any
    is_stricter: bool | None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A branch's policy and, for each field, the levels whose word it is; none: nobody's, the default."""

    policy: Policy
    origins: Mapping[str, tuple[Layer, ...]]


def _last_in(*order: StrEnum) -> Callable[[Any, Any], Any]:
    """The stricter of two, given the values from loose to strict."""
    return lambda one, other: max(one, other, key=order.index)


def _least(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return other if one is None else one if other is None else one & other


STRICTER: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "minimum_age": max,
        "guardian_below": lambda one, other: max(one or 0, other or 0) or None,
        "permission": _last_in(Permission.AUTOMATIC, Permission.REQUIRED),
        "categories": _common,
        "blocks": lambda one, other: one | other,
        "fees_limit_minor": min,
        "terms_required": lambda one, other: one or other,
        "introduction_required": lambda one, other: one or other,
        "guests": _last_in(Guests.ALLOWED, Guests.APPROVED, Guests.REFUSED),
        "companions": _last_in(Companions.ANYONE, Companions.FAMILY, Companions.OWN_CHILDREN, Companions.NONE),
        "maximum_inside": _least,
        "number_entry": lambda one, other: one and other,
        "pin_check": _last_in(PinCheck.LOCAL_FIRST, PinCheck.ILS_FIRST),
        "without_connection": _last_in(WithoutConnection.CARD_ONLY, WithoutConnection.REFUSE),
        "weak_pins": _last_in(WeakPins.ALLOW, WeakPins.REFUSE),
        "staffed_door": _last_in(StaffedDoor.FREE, StaffedDoor.CARD),
        "facts_ttl_hours": min,
        "offline_pin": lambda one, other: one and other,
    }
)
"""What two values come to where strictness has an order: the strictest that both ask for."""


def is_looser(field: str, value: Any, than: Any) -> bool:
    """Whether a value would let in, or through, what another does not; False where strictness has no order."""
    meet = STRICTER.get(field)
    return meet is not None and meet(value, than) != value


def conflicts(above: Sequence[Layer], stated: Stated) -> tuple[Conflict, ...]:
    """What a lower level must not say because of those above it, in the order of the fields."""
    return tuple(
        Conflict(field, stated[field], layer, layer.stated[field])
        for field in FIELDS
        if field in stated
        for layer in above
        if field in layer.stated and is_looser(field, stated[field], layer.stated[field])
    )


def compiled(layers: Sequence[Layer]) -> Compiled | None:
    """What the levels over a branch, the widest first, come to; None while nobody has said an age.

    Raises ValueError where what they say together is no policy.
    """
    values: dict[str, Any] = {}
    origins: dict[str, tuple[Layer, ...]] = {}
    for field in FIELDS:
        saying = [layer for layer in layers if field in layer.stated]
        if saying:
            values[field] = _together(field, [layer.stated[field] for layer in saying])
            origins[field] = _whose(field, values[field], saying)
    if "minimum_age" not in values:
        return None
    return Compiled(Policy(**values), origins)


def _together(field: str, said: Sequence[Any]) -> Any:
    meet = STRICTER.get(field)
    if meet is None:
        return said[-1]
    value = said[0]
    for other in said[1:]:
        value = meet(value, other)
    return value


def _whose(field: str, value: Any, saying: Sequence[Layer]) -> tuple[Layer, ...]:
    """The widest level that says just this, or all that have a part in it."""
    if field not in STRICTER:
        return (saying[-1],)
    just = next((layer for layer in saying if layer.stated[field] == value), None)
    return tuple(saying) if just is None else (just,)


def differences(before: Policy | None, after: Policy | None) -> tuple[Difference, ...]:
    """What is another, in the order of the fields; from or to no policy at all, everything is."""
    return tuple(
        Difference(field, _value(before, field), _value(after, field), _is_stricter(field, before, after))
        for field in FIELDS
        if before is None or after is None or getattr(before, field) != getattr(after, field)
    )


def _value(policy: Policy | None, field: str) -> Any:
    return None if policy is None else getattr(policy, field)


def _is_stricter(field: str, before: Policy | None, after: Policy | None) -> bool | None:
    if field not in STRICTER or before is None or after is None:
        return None
    return is_looser(field, getattr(before, field), getattr(after, field))


def said_of(policy: Policy) -> Stated:
    """What somebody must say for a policy to come of it where nobody else says anything."""
    said = {name: getattr(policy, name) for name in FIELDS}
    return {name: value for name, value in said.items() if name not in DEFAULTS or DEFAULTS[name] != value}


def differences_said(before: Stated, after: Stated) -> tuple[tuple[str, Stated, Stated], ...]:
    """The fields that a level says otherwise: each with what it said, and says, of it (empty: nothing)."""
    changed = [name for name in FIELDS if _only(before, name) != _only(after, name)]
    return tuple((name, _only(before, name), _only(after, name)) for name in changed)


def _only(stated: Stated, name: str) -> Stated:
    return {name: stated[name]} if name in stated else {}
