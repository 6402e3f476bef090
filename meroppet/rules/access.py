"""The verdict at a door: one pure function that door, server and tests ask alike."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meroppet.rules.branch import BranchState, ClockTrust, knows_the_hour
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.eligibility import PatronFacts, Policy, Right, StaffedDoor, may_enter, may_enter_listed
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the door may be released, and why or why not."""

    granted: bool
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the door knows of its branch at this moment; `today` is the branch's local date.

    `state`, `beneath` and `listed_only` are the schedule's answer, `pause` why nobody new is let in although it is
    open. `staff_awaited`: in staffed hours that begin with a first person in, nobody of the staff has come yet.
    `staff` and `invited` are digests of cards: the staff's, and those the event is for. A list that is not there is
    empty: nobody is on it.
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

    @property
    def in_force(self) -> BranchState:
        """The state the door acts by: until somebody of the staff has come, the one beneath staffed hours."""
        awaited = self.staff_awaited and self.state is BranchState.STAFFED
        return self.beneath if awaited else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found out about a card and PIN: the register's words, and the right in the newest known state.

    `subjects` are the digests this person may be listed by: of the card shown, and of the number the register knows
    the patron by. `contradiction`: the register answered for another patron or against itself.
    """

    pin: PinAnswer
    facts: PatronFacts | None = None
    as_of: datetime | None = None
    right: Right | None = None
    subjects: frozenset[str] = frozenset()
    contradiction: bool = False


UNAVAILABLE = Answer(pin=PinAnswer.UNAVAILABLE)
NOBODY: frozenset[str] = frozenset()
_STAFF_ONLY = {
    BranchState.MAINTENANCE: Reason.MAINTENANCE,
    BranchState.EMERGENCY_CLOSED: Reason.EMERGENCY_CLOSED,
}
_PAUSES = {PauseKind.LAST_ENTRY: Reason.LAST_ENTRY, PauseKind.EMPTYING: Reason.EMPTYING}


def stands_free(site: Site) -> bool:
    """Whether everybody may walk in without a card: at an event for all, or with staff where the branch wants it so."""
    if before_pin(site) is not None or site.policy is None:
        return False
    if site.in_force is BranchState.EVENT:
        return not site.listed_only
    return site.in_force is BranchState.STAFFED and site.policy.staffed_door is StaffedDoor.FREE


def before_pin(site: Site, subjects: frozenset[str] = NOBODY) -> Reason | None:
    """The reason to refuse a card now, or None.

    Nothing here depends on who it is, but for one thing: while only staff may come in, a card on their list is asked
    for its PIN. So whoever holds such a card learns then that it is one of the staff's, and no more; to ask every card
    would have the public type PINs at a door that will not open.
    """
    if site.policy is None:
        return Reason.NO_POLICY
    if not knows_the_hour(site.clock):
        return Reason.CLOCK_UNTRUSTED
    if is_let_in_as_staff(site, subjects):
        return None
    return _shut(site) or (_PAUSES[site.pause.kind] if site.pause else None)


def is_let_in_as_staff(site: Site, subjects: frozenset[str]) -> bool:
    """Whether the staff's list counts now, and one of these is on it: it opens no door that is closed by its hours."""
    return (site.in_force in _STAFF_ONLY or _is_awaited(site)) and not site.staff.isdisjoint(subjects)


def decide(site: Site, answer: Answer) -> Verdict:
    """The verdict. Granted only if everything is known, recent and for it; the first reason against it otherwise."""
    reason = before_pin(site, answer.subjects) or _about_the_pin(answer) or _about_the_person(site, answer)
    return Verdict(granted=reason is Reason.GRANTED, reason=reason)


def _is_awaited(site: Site) -> bool:
    return site.staff_awaited and site.state is BranchState.STAFFED


def _shut(site: Site) -> Reason | None:
    if site.in_force is BranchState.CLOSED:
        return Reason.AWAITING_STAFF if _is_awaited(site) else Reason.CLOSED
    return _STAFF_ONLY.get(site.in_force)


def settled(pin: PinAnswer, facts: PatronFacts | None, *, contradiction: bool = False) -> Outcome:
    """How a counted attempt turned out. RIGHT, which clears a card's failures, only for a PIN right for a known patron.

    Guessing card numbers is guessing too; what was said of somebody else decides nothing.
    """
    if pin is PinAnswer.UNAVAILABLE:
        return Outcome.UNDECIDED
    if pin is not PinAnswer.RIGHT:
        return Outcome.WRONG
    if contradiction:
        return Outcome.UNDECIDED
    return Outcome.RIGHT if facts is not None and facts.valid else Outcome.WRONG


def _about_the_pin(answer: Answer) -> Reason | None:
    if answer.contradiction:
        return Reason.REGISTER_CONTRADICTION
    if answer.pin is PinAnswer.UNAVAILABLE:
        return Reason.ILS_UNAVAILABLE
    if answer.facts is None or not answer.facts.valid:
        return Reason.UNKNOWN_CARD
    if answer.pin is PinAnswer.WRONG:
        return Reason.WRONG_PIN
    return None if answer.pin is PinAnswer.RIGHT else Reason.PIN_NOT_VERIFIED


def _about_the_person(site: Site, answer: Answer) -> Reason:
    if answer.facts is None or site.policy is None or answer.as_of is None:
        return Reason.STALE_DATA
    # Facts from far ahead are no better: one of the two clocks is wrong.
    if abs(site.now - answer.as_of) > timedelta(hours=site.policy.facts_ttl_hours):
        return Reason.STALE_DATA
    if is_let_in_as_staff(site, answer.subjects):
        return may_enter_listed(answer.facts, answer.right, site.policy, site.today)
    if site.in_force is BranchState.EVENT and site.listed_only:
        if site.invited.isdisjoint(answer.subjects):
            return Reason.INVITED_ONLY
        return may_enter_listed(answer.facts, answer.right, site.policy, site.today)
    return may_enter(answer.facts, answer.right, site.policy, site.today)
