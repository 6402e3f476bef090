"""Wire models ⇄ rules' values. The wire is what is sent, rules are what is meant; this is where they meet
(opening hours: schedule_convert).
"""

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum

from meroppet.rules.eligibility import PatronFacts, Right
from meroppet.rules.policy import (
    Block,
    Companions,
    GroupHours,
    Guests,
    Permission,
    PinCheck,
    Policy,
    StaffedDoor,
    WeakPins,
    WithoutConnection,
)
from meroppet.wire.changes import GroupHoursDocument, PolicyDocument, RightDocument
from meroppet.wire.verify import WireFacts
from meroppet.wire.weekly import weekly_to_wire

_WORDS: Mapping[str, type[StrEnum]] = {
    "permission": Permission,
    "guests": Guests,
    "companions": Companions,
    "pin_check": PinCheck,
    "without_connection": WithoutConnection,
    "weak_pins": WeakPins,
    "staffed_door": StaffedDoor,
}


def facts_from_wire(facts: WireFacts) -> PatronFacts:
    """The register's facts as the rules want them."""
    return PatronFacts(**facts.model_dump())


def facts_to_wire(facts: PatronFacts) -> WireFacts:
    """The register's facts as they are sent."""
    return WireFacts(**asdict(facts))


def right_from_wire(right: RightDocument) -> Right:
    """A right as the rules want it."""
    return Right(**right.model_dump())


def right_to_wire(right: Right) -> RightDocument:
    """A right as it is sent."""
    return RightDocument(**asdict(right))


def policy_from_wire(document: PolicyDocument) -> Policy:
    """The policy; ValueError where a value is none this version knows or allows (the door then has no policy)."""
    known = document.model_dump()
    for name, words in _WORDS.items():
        known[name] = words(known[name])
    known["blocks"] = frozenset(Block(block) for block in document.blocks)
    known["categories"] = None if document.categories is None else frozenset(document.categories)
    known["homes"] = None if document.homes is None else frozenset(document.homes)
    known["group_hours"] = tuple(
        GroupHours(group.list_key, group.name, group.weekly.meant()) for group in document.group_hours
    )
    return Policy(**known)


def policy_to_wire(policy: Policy) -> PolicyDocument:
    """The policy as it is sent."""
    known = asdict(policy)
    known["blocks"] = tuple(sorted(policy.blocks))
    known["categories"] = None if policy.categories is None else tuple(sorted(policy.categories))
    known["homes"] = None if policy.homes is None else tuple(sorted(policy.homes))
    known["group_hours"] = tuple(
        GroupHoursDocument(list_key=group.list_key, name=group.name, weekly=weekly_to_wire(group.weekly))
        for group in policy.group_hours
    )
    return PolicyDocument(**known)
