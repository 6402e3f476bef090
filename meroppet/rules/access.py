"""The verdict at a door: one pure function that door, server and tests ask alike."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meroppet.rules.branch import BranchState, ClockTrust, knows_the_hour
from meroppet.rules.eligibility import PatronFacts, Policy, Right, may_enter
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the door may be released, and why or why not."""

    granted: bool
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the door knows of its branch at this moment; `today` is the branch's local date."""

    now: datetime
    today: date
    clock: ClockTrust
    state: BranchState
    policy: Policy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found out about a card and PIN: the register's words, and the right in the newest known state.

    `contradiction`: the register answered for another patron or against itself.
    """

    pin: PinAnswer
    facts: PatronFacts | None = None
    as_of: datetime | None = None
    right: Right | None = None
    contradiction: bool = False


UNAVAILABLE = Answer(pin=PinAnswer.UNAVAILABLE)


def before_pin(site: Site) -> Reason | None:
    """The reason to refuse any card now, or None: nothing here depends on who it is."""
    if site.policy is None:
        return Reason.NO_POLICY
    if not knows_the_hour(site.clock):
        return Reason.CLOCK_UNTRUSTED
    return Reason.CLOSED if site.state is BranchState.CLOSED else None


def decide(site: Site, answer: Answer) -> Verdict:
    """The verdict. Granted only if everything is known, recent and for it; the first reason against it otherwise."""
    reason = before_pin(site) or _about_the_pin(answer) or _about_the_person(site, answer)
    return Verdict(granted=reason is Reason.GRANTED, reason=reason)


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
    return may_enter(answer.facts, answer.right, site.policy, site.today)
