"""Wire models ⇄ rules' values. The wire is what is sent, rules are what is meant; this is the one place they meet."""

from dataclasses import asdict

from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import Block, PatronFacts, Permission, Policy, Right, StaffedDoor
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from meroppet.wire.changes import IntervalDocument, PolicyDocument, RightDocument, ScheduleDocument
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


def schedule_from_wire(document: ScheduleDocument) -> Schedule:
    """The schedule; ValueError (ScheduleError) where it cannot be meant."""
    days = (tuple(Interval(item.start, item.end, BranchState(item.state)) for item in day) for day in document.weekly)
    return Schedule(document.zone, tuple(days))


def schedule_to_wire(schedule: Schedule) -> ScheduleDocument:
    """The schedule as it is sent."""
    weekly = tuple(
        tuple(IntervalDocument(start=item.start, end=item.end, state=item.state) for item in day)
        for day in schedule.weekly
    )
    return ScheduleDocument(zone=schedule.zone, weekly=weekly)
