"""From an answer about a PIN to the verdict: who is asked first, who stands in, and what is done about it. Pure."""

from dataclasses import replace
from typing import NamedTuple

from meroppet.rules.access import UNAVAILABLE, Answer, Site, decide, settled
from meroppet.rules.card_alone import opens_alone
from meroppet.rules.credentials import PERSONNUMMER_DIGITS, CardNumber
from meroppet.rules.entry_vocabulary import (
    CARD_ALONE,
    LEARNED,
    PASS,
    REGISTER,
    AskPin,
    Card,
    CheckTag,
    Count,
    Effect,
    Holding,
    Recall,
    Recheck,
    Record,
    Release,
    Settle,
    Showing,
    StaffCame,
    Step,
    Tag,
    Tell,
    Verified,
    Verify,
    Verifying,
)
from meroppet.rules.events import AccessGranted, AccessRefused
from meroppet.rules.passes import PassKind
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.policy import PinCheck, Policy, WithoutConnection
from meroppet.rules.reasons import Reason

TOLD_AFTER = 1.0
ANSWER_CAP = 2.5
SPARE_SECONDS = 0.3
"""What is left of the cap for deciding and telling: a busy machine must not lose an answer that was there."""
SHOWN_SECONDS = 5.0
_DECIDED = {PinAnswer.RIGHT, PinAnswer.WRONG}


class _Who(NamedTuple):
    """Whose attempt it is, since when, and until when it must have ended."""

    attempt: str
    card: CardNumber
    since: float
    deadline: float
    subject: str = ""


def show(now: float, *effects: Effect) -> Step:
    """Bring the effects about and show the outcome for a while."""
    return Showing(now + SHOWN_SECONDS), effects


def refuse(attempt: str, reason: Reason, card: CardNumber | None, now: float) -> Step:
    """End an attempt before its PIN is known, and say so at once."""
    return show(now, Record(AccessRefused(attempt, reason), card), Tell(reason))


def ask(entry: Verifying, site: Site, typed: int) -> Step:
    """Count the attempt and ask: a tag's own verifier, what this device has learned, or the register."""
    counted = (AskPin(typed), Count(entry.attempt, entry.card))
    if entry.tag is not None:
        check = CheckTag(entry.attempt, entry.card, entry.pin, entry.tag.pass_)
        return replace(entry, awaits=PASS), (*counted, check)
    if site.policy is not None and _asks_here(site.policy):
        return replace(entry, awaits=LEARNED), (*counted, Recall(entry.attempt, entry.card, entry.pin))
    return entry, (*counted, _verify(entry, agreed=False))


def verified(entry: Verifying, heard: Verified, site: Site, now: float) -> Step:
    """What follows from an answer that belongs to this attempt; from any other, nothing."""
    if heard.attempt != entry.attempt or heard.checked != entry.awaits:
        return entry, ()
    if now > entry.deadline:
        return expired(entry, site, now)
    if entry.awaits == LEARNED:
        return _recalled(entry, heard, site, now)
    if entry.awaits == REGISTER and heard.answer.pin is PinAnswer.UNAVAILABLE:
        return _without_register(entry, heard.answer, site, now)
    return _conclude(entry, heard.answer, heard.checked, site, now)


def expired(entry: Verifying, site: Site, now: float) -> Step:
    """The cap has come: a refusal whatever this device has learned, for who typed the PIN may have left."""
    return _conclude(entry, UNAVAILABLE, REGISTER if entry.awaits == LEARNED else entry.awaits, site, now)


def by_code(card: Card, number: CardNumber, site: Site, now: float) -> Step:
    """A typed code, or a tag that asks for no PIN: counted first, for guessing codes is guessing too."""
    who = _Who(card.attempt, number, now, now + ANSWER_CAP, card.subject)
    counted = Count(card.attempt, number, card.subject)
    if card.tag is None:
        return _held(who, Reason.UNKNOWN_CODE, PASS, now, Outcome.WRONG, counted)
    held, subjects = card.tag, frozenset({card.subject})
    answer = _by_tag(Answer(pin=PinAnswer.RIGHT, subjects=subjects), held)
    verdict = decide(site, answer)
    if verdict.granted:
        return _let_in(who, PASS, site, answer, now, Outcome.RIGHT, counted)
    return _held(who, verdict.reason, PASS, now, Outcome.RIGHT, counted)


def _asks_here(policy: Policy) -> bool:
    return policy.offline_pin or policy.without_connection is WithoutConnection.CARD_ONLY


def _verify(entry: Verifying, *, agreed: bool) -> Verify:
    return Verify(entry.attempt, entry.card, entry.pin, entry.deadline - SPARE_SECONDS, agreed)


def _recalled(entry: Verifying, heard: Verified, site: Site, now: float) -> Step:
    policy, answer = site.policy, heard.answer
    agreed = policy is not None and policy.offline_pin and answer.pin is PinAnswer.RIGHT
    is_first = policy is not None and policy.pin_check is PinCheck.LOCAL_FIRST and not heard.doubted
    if agreed and is_first and _may_come(entry, answer, site):
        let_in, effects = _conclude(entry, answer, LEARNED, site, now)
        return let_in, (*effects, Recheck(entry.attempt, entry.card, entry.pin))
    return replace(entry, awaits=REGISTER, recalled=answer), (_verify(entry, agreed=agreed),)


def _may_come(entry: Verifying, answer: Answer, site: Site) -> bool:
    # What was learned may be why not, and be out of date: then the register is asked after all.
    return decide(site, _of(entry, answer)).granted


def _without_register(entry: Verifying, silent: Answer, site: Site, now: float) -> Step:
    """The register or the net is gone: what this device has learned decides, or else what the branch has chosen.

    A register that answers for somebody else is not gone: then a card alone is never enough.
    """
    recalled, policy = entry.recalled, site.policy
    if recalled is None or policy is None:
        return _conclude(entry, silent, REGISTER, site, now)
    if policy.offline_pin and recalled.pin in _DECIDED:
        return _conclude(entry, recalled, LEARNED, site, now)
    alone = _of(entry, replace(recalled, pin=PinAnswer.UNAVAILABLE))
    is_gone = not silent.contradiction
    if is_gone and recalled.pin is PinAnswer.UNAVAILABLE and opens_alone(site, alone):
        return _let_in(_who(entry, alone), CARD_ALONE, site, alone, now, Outcome.UNDECIDED)
    return _conclude(entry, silent, REGISTER, site, now)


def _of(entry: Verifying, answer: Answer) -> Answer:
    """The answer as that of whoever showed this card."""
    theirs = replace(answer, subjects=answer.subjects | {entry.subject})
    return theirs if entry.tag is None else _by_tag(theirs, entry.tag)


def _by_tag(answer: Answer, tag: Tag) -> Answer:
    return replace(answer, as_of=tag.as_of, pass_=tag.pass_, pass_used=tag.used)


def _conclude(entry: Verifying, answer: Answer, checked: str, site: Site, now: float) -> Step:
    answer = _of(entry, answer)
    verdict = decide(site, answer)
    if verdict.granted:
        return _let_in(_who(entry, answer), checked, site, answer, now, _outcome(answer))
    return _held(_who(entry, answer), verdict.reason, checked, now, _outcome(answer))


def _who(entry: Verifying, answer: Answer) -> _Who:
    return _Who(entry.attempt, entry.card, entry.since, entry.deadline, _named_by(entry, answer))


def _named_by(entry: Verifying, answer: Answer) -> str:
    """The digest a row names a person by who typed her personnummer: that of her card, once the register has said."""
    others = sorted(answer.subjects - {entry.subject})
    return others[0] if len(entry.card.value) == PERSONNUMMER_DIGITS and others else ""


def _outcome(answer: Answer) -> Outcome:
    if answer.pass_ is None:
        return settled(answer.pin, answer.facts, contradiction=answer.contradiction)
    if answer.pin is PinAnswer.UNAVAILABLE:
        return Outcome.UNDECIDED
    return Outcome.RIGHT if answer.pin is PinAnswer.RIGHT else Outcome.WRONG


def _let_in(who: _Who, checked: str, site: Site, answer: Answer, now: float, outcome: Outcome, *before: Effect) -> Step:
    """The one place a strike is released from on the way in: the row stands before it.

    The attempt is settled after the strike: until then it counts as a wrong one, which is the safe side, and nobody
    waits at the door for one more write to the disk.
    """
    return show(
        now,
        *before,
        Record(AccessGranted(who.attempt, checked), who.card, who.subject),
        _release(who, site, answer),
        *_first_person(site, answer),
        Tell(Reason.GRANTED),
        Settle(who.attempt, outcome),
    )


def _release(who: _Who, site: Site, answer: Answer) -> Release:
    policy, extended = site.policy, answer.right is not None and answer.right.extended
    # Nobody is let in without a policy; a door that forgot that stays shut.
    seconds = 0.0 if policy is None else policy.extended_seconds if extended else policy.release_seconds
    return Release(who.attempt, seconds, "granted", extended)


def _held(who: _Who, reason: Reason, checked: str, now: float, outcome: Outcome, *before: Effect) -> Step:
    """The one place a refusal after a PIN or code is made: settled and recorded at once, and told later."""
    soon = who.since + TOLD_AFTER
    # Two times only: how long a register thought about a card says something about the card.
    at = soon if now <= soon else who.deadline
    recorded = Record(AccessRefused(who.attempt, reason, checked), who.card, who.subject)
    return Holding(reason, at), (*before, Settle(who.attempt, outcome), recorded)


def _first_person(site: Site, answer: Answer) -> tuple[StaffCame, ...]:
    is_staff = not site.staff.isdisjoint(answer.subjects) or _holds_a_staff_tag(answer)
    return (StaffCame(),) if site.staff_awaited and is_staff else ()


def _holds_a_staff_tag(answer: Answer) -> bool:
    return answer.pass_ is not None and answer.pass_.kind is PassKind.STAFF
