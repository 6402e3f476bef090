"""The verdict at a door: one pure function that door, server and tests ask alike, and what each of its rules said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from meroppet.rules.branch import BranchState, ClockTrust, knows_the_hour
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import Looked, PatronFacts, Right, each
from meroppet.rules.passes import BY_CODE, Pass, may_use
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.policy import GroupHours, Policy, StaffedDoor, WeakPins
from meroppet.rules.reasons import Reason
from meroppet.rules.weekly import is_within


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the door may be released, and why or why not."""

    granted: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule said: the reason against, or None where nothing stands in the way, and what it looked at.

    `as_of` is when that was known of a person; None where the rule looks at the door itself.
    """

    rule: str
    reason: Reason | None
    facts: Looked = field(default_factory=dict)
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the door knows of its branch at this moment; `now` is in the branch's zone, `today` its local date.

    `state`, `beneath` and `listed_only` are the schedule's answer, `pause` why nobody new is let in although it is
    open. `staff_awaited`: in staffed hours that begin with a first person in, nobody of the staff has come yet.
    `staff`, `invited` and `members` are digests of cards: the staff's, those the event is for, and those of the groups
    whose hours these are. A list that is not there is empty: nobody is on it. `inside`: how many people; None: nobody
    knows, so that a branch with a maximum is full. `armed`: the intruder alarm is, or nobody says that it is not.
    `fire`: the fire alarm went off and nobody has reset it.
    """

    now: datetime
    today: date
    clock: ClockTrust
    state: BranchState
    policy: Policy | None
    beneath: BranchState = BranchState.CLOSED
    listed_only: bool = False
    pause: Pause | None = None
    staff_awaited: bool = False
    staff: frozenset[str] = frozenset()
    invited: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    inside: int | None = 0
    armed: bool = False
    fire: bool = False

    @property
    def in_force(self) -> BranchState:
        """The state the door acts by: until somebody of the staff has come, the one beneath staffed hours."""
        awaited = self.staff_awaited and self.state is BranchState.STAFFED
        return self.beneath if awaited else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found out about a card and PIN: the register's words, and the right in the newest known state.

    `subjects` are the digests this person may be listed by: of the card shown, and of the number the register knows
    the patron by. `contradiction`: the register answered for another patron or against itself. `weak`: the PIN is
    among the first anybody would guess. With `pass_` no patron is meant: `pin` is then the answer of its own verifier,
    `as_of` when the server was last heard, and `pass_used` says that it has opened a door before.
    """

    pin: PinAnswer
    facts: PatronFacts | None = None
    as_of: datetime | None = None
    right: Right | None = None
    subjects: frozenset[str] = frozenset()
    contradiction: bool = False
    weak: bool = False
    pass_: Pass | None = None
    pass_used: bool = False


UNAVAILABLE = Answer(pin=PinAnswer.UNAVAILABLE)
NOBODY: frozenset[str] = frozenset()
_STAFF_ONLY = {
    BranchState.MAINTENANCE: Reason.MAINTENANCE,
    BranchState.EMERGENCY_CLOSED: Reason.EMERGENCY_CLOSED,
}
_PAUSES = {PauseKind.LAST_ENTRY: Reason.LAST_ENTRY, PauseKind.EMPTYING: Reason.EMPTYING}
_SAID: Mapping[PinAnswer, Reason] = {
    PinAnswer.WRONG: Reason.WRONG_PIN,
    PinAnswer.UNKNOWN: Reason.PIN_NOT_VERIFIED,
    PinAnswer.UNAVAILABLE: Reason.ILS_UNAVAILABLE,
    PinAnswer.WITHHELD: Reason.PIN_WITHHELD,
}
_NOT_ASKED = {PinAnswer.UNAVAILABLE, PinAnswer.WITHHELD}


def stands_free(site: Site) -> bool:
    """Whether everybody may walk in without a card: at an event for all, or with staff where the branch wants it so."""
    if before_pin(site) is not None or site.policy is None:
        return False
    if site.in_force is BranchState.EVENT:
        return not site.listed_only
    return site.in_force is BranchState.STAFFED and site.policy.staffed_door is StaffedDoor.FREE


def groups_at(policy: Policy, local: datetime) -> tuple[GroupHours, ...]:
    """The groups whose own hours these are; `local` is the branch's time. Their lists are "group:<list_key>"."""
    return tuple(group for group in policy.group_hours if is_within(group.weekly, local))


def before_pin(site: Site, subjects: frozenset[str] = NOBODY, pass_: Pass | None = None) -> Reason | None:
    """The reason to refuse a card now, or None.

    Nothing here depends on who it is, but for this: while the door is shut for the public, a card on the list of
    staff, or of a group whose hours these are, is asked for its PIN, and so is a tag or code that was handed out. So
    whoever holds such a card learns that much, and no more; to ask every card would have the public type PINs at a
    door that will not open.
    """
    found = _about_the_door(site, subjects, pass_)
    return next((finding.reason for finding in found if finding.reason is not None), None)


def is_let_in_as_staff(site: Site, subjects: frozenset[str]) -> bool:
    """Whether the staff's list counts now, and one of these is on it: it opens no door that is closed by its hours."""
    return (site.in_force in _STAFF_ONLY or _is_awaited(site)) and not site.staff.isdisjoint(subjects)


def is_let_in_as_member(site: Site, subjects: frozenset[str]) -> bool:
    """Whether the branch is closed by its hours, and one of these is of a group whose own hours these are."""
    return site.in_force is BranchState.CLOSED and not site.members.isdisjoint(subjects)


def decide(site: Site, answer: Answer) -> Verdict:
    """The verdict. Granted only if everything is known, recent and for it; the first reason against it otherwise."""
    found = next((finding.reason for finding in _findings(site, answer) if finding.reason is not None), None)
    return Verdict(granted=found is None, reason=found or Reason.GRANTED)


def explain(site: Site, answer: Answer) -> tuple[Finding, ...]:
    """What each rule says, in the order in which they are asked: the first with a reason is what `decide` says.

    What could not be asked, because there is no policy or nothing is known of the person, is left out.
    """
    return tuple(_findings(site, answer))


def settled(pin: PinAnswer, facts: PatronFacts | None, *, contradiction: bool = False) -> Outcome:
    """How a counted attempt turned out. RIGHT, which clears a card's failures, only for a PIN right for a known patron.

    Guessing card numbers is guessing too; what was said of somebody else decides nothing.
    """
    if pin is PinAnswer.UNAVAILABLE:
        return Outcome.UNDECIDED
    # A PIN that was withheld was compared with what a door has learned: uncounted, the answer would be free.
    if pin is not PinAnswer.RIGHT:
        return Outcome.WRONG
    if contradiction:
        return Outcome.UNDECIDED
    return Outcome.RIGHT if facts is not None and facts.valid else Outcome.WRONG


def _findings(site: Site, answer: Answer) -> Iterator[Finding]:
    yield from _about_the_door(site, answer.subjects, answer.pass_)
    if answer.pass_ is not None:
        yield from _about_the_pass(site, answer, answer.pass_)
        return
    yield from _about_the_pin(answer)
    yield from _about_the_person(site, answer)


def _about_the_door(site: Site, subjects: frozenset[str], pass_: Pass | None) -> Iterator[Finding]:
    yield Finding("policy", None if site.policy is not None else Reason.NO_POLICY)
    known = knows_the_hour(site.clock)
    yield Finding("clock", None if known else Reason.CLOCK_UNTRUSTED, {"clock": site.clock.value})
    # Said only where it is so: nobody but the door's own controller knows.
    if site.armed:
        yield Finding("alarm", Reason.ALARM_ARMED, {"armed": True})
    if site.fire:
        yield Finding("fire", _fire(site, subjects, pass_), {"fire": True})
    if pass_ is not None:
        return
    staff, member = is_let_in_as_staff(site, subjects), is_let_in_as_member(site, subjects)
    looked: Looked = {"state": site.in_force.value, "as_staff": staff, "as_member": member}
    yield Finding("hours", None if staff or member else _shut(site), looked)
    paused = None if staff or site.pause is None else _PAUSES[site.pause.kind]
    yield Finding("pause", paused, {"pause": site.pause.kind.value if site.pause else None})


def _fire(site: Site, subjects: frozenset[str], pass_: Pass | None) -> Reason | None:
    # Those who look after the house, and those who put fires out, must come in.
    of_the_house = not site.staff.isdisjoint(subjects) if pass_ is None else pass_.kind not in BY_CODE
    return None if of_the_house else Reason.FIRE


def _is_awaited(site: Site) -> bool:
    return site.staff_awaited and site.state is BranchState.STAFFED


def _shut(site: Site) -> Reason | None:
    if site.in_force is BranchState.CLOSED:
        return Reason.AWAITING_STAFF if _is_awaited(site) else Reason.CLOSED
    return _STAFF_ONLY.get(site.in_force)


def _about_the_pass(site: Site, answer: Answer, held: Pass) -> Iterator[Finding]:
    asked = held.verifier is not None
    wrong = asked and answer.pin is not PinAnswer.RIGHT
    yield Finding("pin", _SAID[answer.pin] if wrong else None, {"asked": asked})
    if site.policy is None:
        return
    yield _recent(site, site.policy, answer.as_of)
    looked: Looked = {"kind": held.kind.value, "always": held.always, "once": held.once, "used": answer.pass_used}
    reason = may_use(held, site.now, site.in_force, used=answer.pass_used, paused=site.pause is not None)
    yield Finding("pass", None if reason is Reason.GRANTED else reason, looked, answer.as_of)
    if held.kind in BY_CODE:
        yield _room(site, site.policy)


def _about_the_pin(answer: Answer) -> Iterator[Finding]:
    contradicted = Reason.REGISTER_CONTRADICTION if answer.contradiction else None
    yield Finding("register", contradicted or (_SAID[answer.pin] if answer.pin in _NOT_ASKED else None))
    valid = answer.facts is not None and answer.facts.valid
    yield Finding("card", None if valid else Reason.UNKNOWN_CARD, {"known": valid}, answer.as_of)
    yield Finding("pin", _SAID.get(answer.pin), {"pin": answer.pin.value}, answer.as_of)


def _about_the_person(site: Site, answer: Answer) -> Iterator[Finding]:
    policy, facts, as_of = site.policy, answer.facts, answer.as_of
    if facts is None or policy is None or as_of is None:
        yield Finding("age_of_facts", Reason.STALE_DATA, {"known": False}, as_of)
        return
    yield _recent(site, policy, as_of)
    as_staff, as_guest = is_let_in_as_staff(site, answer.subjects), _is_for_guests(site)
    uninvited = as_guest and not as_staff and site.invited.isdisjoint(answer.subjects)
    yield Finding("invited", Reason.INVITED_ONLY if uninvited else None, {"for_guests_only": as_guest})
    for rule, reason, seen in each(facts, answer.right, policy, site.today, listed=as_staff or as_guest):
        yield Finding(rule, reason, seen, as_of)
    weak = answer.weak and policy.weak_pins is WeakPins.REFUSE
    yield Finding("weak_pin", Reason.WEAK_PIN if weak else None, {"weak_pins": policy.weak_pins.value}, as_of)
    # Those who look after the house must always come in.
    yield Finding("full", None) if as_staff else _room(site, policy)


def _recent(site: Site, policy: Policy, as_of: datetime | None) -> Finding:
    # Facts from far ahead are no better: one of the two clocks is wrong.
    stale = as_of is None or abs(site.now - as_of) > timedelta(hours=policy.facts_ttl_hours)
    looked: Looked = {"known": as_of is not None, "facts_ttl_hours": policy.facts_ttl_hours}
    return Finding("age_of_facts", Reason.STALE_DATA if stale else None, looked, as_of)


def _is_for_guests(site: Site) -> bool:
    return site.in_force is BranchState.EVENT and site.listed_only


def _room(site: Site, policy: Policy) -> Finding:
    most, inside = policy.maximum_inside, site.inside
    full = most is not None and (inside is None or inside >= most)
    return Finding("full", Reason.FULL if full else None, {"inside": inside, "maximum_inside": most})
