"""Would this card open that branch's door then? The door's own rules, asked with what the server knows now.

What only a door knows is taken to be in order: that the PIN is right, that its clock is, that there is room inside and
that staff have come when they should.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from meroppet.ils.ports import PatronAnswer
from meroppet.rules.access import NOBODY, Answer, Finding, Site, Verdict, explain, groups_at
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.closing import pause_at
from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.eligibility import NOTHING_SAID
from meroppet.rules.passes import Pass
from meroppet.rules.pin import PinAnswer
from meroppet.rules.policy import Policy
from meroppet.rules.reasons import Reason
from meroppet.wire.digests import code_digest
from server.attempts.asking import is_contradicted
from server.attempts.service import Place, standing
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.passes.service import holder_of, pass_with
from server.patrons.service import rights_of, subjects_of
from server.patrons.subjects import branch_keys
from server.policies.service import PolicyView, policy_of
from server.schedules.listed import STAFF, cards_on
from server.schedules.service import schedule_of

ABOUT_THE_DOOR = frozenset({"policy", "clock", "hours", "pause", "invited", "full"})
"""Rules that look at the branch and its lists, and at no fact of a person that can be old."""


@dataclass(frozen=True, slots=True)
class Question:
    """A card at a branch at a time, the branch's register, and what it just answered; None: it could not be asked."""

    branch: BranchView
    card: CardNumber
    at: datetime
    register: str
    wrong_pins: int | None
    answer: PatronAnswer | None

    @property
    def number(self) -> CardNumber:
        """The register's own number for whoever holds the card, if it said one."""
        return card_from_text((self.answer.patron_id or "") if self.answer else "") or self.card


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict, and every rule's word in the order of telling."""

    at: datetime
    asked_at: datetime
    verdict: Verdict
    findings: tuple[Finding, ...]
    is_pass: bool
    policy_version: int | None
    policy_at: datetime | None

    @property
    def decided_by(self) -> Finding | None:
        """The rule that decided against; None if none did."""
        return next((finding for finding in self.findings if finding.reason is not None), None)


async def ask(session: Session, keys: KeyRing, question: Question) -> Told:
    """What the door would say. The caller writes down that somebody looked."""
    held = await _pass(session, keys, question)
    policy = await policy_of(session, question.branch.id)
    site = await _site(session, question, policy.policy if policy else None)
    answer = Answer(pin=PinAnswer.RIGHT, as_of=question.at, pass_=held)
    if held is None:
        answer = await _answer(session, keys, question)
    found = [_aged(finding, session.now) for finding in explain(site, answer)]
    if held is None:
        found = _with_attempts(found, await _attempts(session, keys, question))
    against = next((finding.reason for finding in found if finding.reason is not None), None)
    return Told(
        at=site.now,
        asked_at=session.now,
        verdict=Verdict(granted=against is None, reason=against or Reason.GRANTED),
        findings=tuple(found),
        is_pass=held is not None,
        policy_version=policy.version if policy else None,
        policy_at=_since(policy),
    )


def _since(policy: PolicyView | None) -> datetime | None:
    return policy.at if policy else None


async def _site(session: Session, question: Question, policy: Policy | None) -> Site:
    at = question.at.astimezone(question.branch.wall)
    closed = Site(now=at, today=at.date(), clock=ClockTrust.SIGNED, state=BranchState.CLOSED, policy=policy)
    view = await schedule_of(session, question.branch.id)
    if view is None:
        return closed
    state = view.hours.state_at(at)
    invited = await _listed(session, question, [state.rule.id]) if state.listed_only else NOBODY
    groups = groups_at(policy, at) if policy else ()
    return replace(
        closed,
        state=state.state,
        beneath=state.beneath,
        listed_only=state.listed_only,
        pause=pause_at(view.hours, at),
        staff=await _listed(session, question, [STAFF]),
        invited=invited,
        members=await _listed(session, question, [f"group:{group.list_key}" for group in groups]),
    )


async def _listed(session: Session, question: Question, lists: Sequence[str]) -> frozenset[str]:
    return frozenset([view.subject for key in lists for view in await cards_on(session, question.branch, key)])


async def _pass(session: Session, keys: KeyRing, question: Question) -> Pass | None:
    """The tag or code handed out that has this number; one that nobody has approved yet is none."""
    named = await branch_keys(session, keys, question.branch.id)
    if named is None:
        return None
    number = question.card.value
    for subject in (named.subject(question.card), code_digest(named.digest, number)):
        known = await holder_of(session, question.branch.id, subject)
        view = None if known is None else await pass_with(session, question.branch.id, known)
        if view is not None and not view.awaits_approval:
            return view.held
    return None


async def _answer(session: Session, keys: KeyRing, question: Question) -> Answer:
    told, card, branch = question.answer, question.card, question.branch
    if told is None or told.pin is PinAnswer.UNAVAILABLE:
        return Answer(pin=PinAnswer.UNAVAILABLE, contradiction=told is not None and is_contradicted(told))
    number = question.number
    known = await rights_of(session, keys, branch, number, register=question.register)
    subjects = await subjects_of(session, keys, branch, card, register=question.register)
    same = await subjects_of(session, keys, branch, number, register=question.register)
    return Answer(
        pin=PinAnswer.RIGHT if told.facts is not None else PinAnswer.UNKNOWN,
        facts=told.facts,
        as_of=question.at,
        right=(known.effective if known else None) or NOTHING_SAID,
        subjects=frozenset((*subjects, *same)),
        contradiction=is_contradicted(told),
    )


async def _attempts(session: Session, keys: KeyRing, question: Question) -> Finding:
    branch = question.branch
    place = Place(branch.consortium, branch.controller, branch.id, question.register)
    numbers = dict.fromkeys((question.card, question.number))
    async with session.within(place.scope):
        stands = await standing(session, keys, place, list(numbers), question.wrong_pins)
    looked = {"failures": stands.failures, "in_a_row": stands.in_a_row, "locked": stands.lock is not None}
    reason = Reason.PIN_LOCKED if stands.lock is not None else Reason.PIN_WITHHELD if stands.withheld else None
    return Finding("attempts", reason, looked, session.now)


def _with_attempts(found: Sequence[Finding], attempts: Finding) -> list[Finding]:
    """A door counts before it asks anybody: what was counted stands between the hours and the register."""
    at = next((place for place, finding in enumerate(found) if finding.rule == "register"), len(found))
    return [*found[:at], attempts, *found[at:]]


def _aged(finding: Finding, now: datetime) -> Finding:
    if finding.rule == "full":
        # Only a door counts who is inside.
        return replace(finding, facts={**finding.facts, "inside": None}, as_of=None)
    return replace(finding, as_of=None if finding.rule in ABOUT_THE_DOOR else now)
