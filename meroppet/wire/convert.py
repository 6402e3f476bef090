"""Wire models ⇄ rules' values. The wire is what is sent, rules are what is meant; this is where they meet
(opening hours: schedule_convert).
"""

from dataclasses import asdict

from meroppet.rules.eligibility import Block, PatronFacts, Permission, Policy, Right, StaffedDoor
from meroppet.wire.changes import PolicyDocument, RightDocument
from meroppet.wire.verify import WireFacts


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
    known["permission"] = Permission(document.permission)
    known["staffed_door"] = StaffedDoor(document.staffed_door)
    known["blocks"] = frozenset(Block(block) for block in document.blocks)
    known["categories"] = None if document.categories is None else frozenset(document.categories)
    return Policy(**known)


def policy_to_wire(policy: Policy) -> PolicyDocument:
    """The policy as it is sent."""
    known = asdict(policy)
    known["blocks"] = tuple(sorted(policy.blocks))
    known["categories"] = None if policy.categories is None else tuple(sorted(policy.categories))
    return PolicyDocument(**known)
