"""The proof of a proposed profile: the client that doors use, with this profile, asks about the test patron."""

from datetime import date

from meroppet.ils.doctor.bench import Bench
from meroppet.ils.doctor.findings import Check, Judged
from meroppet.ils.doctor.subject import Subject
from meroppet.ils.ports import PatronAnswer
from meroppet.ils.profiles import SiteProfile
from meroppet.ils.sip2_client import Sip2Ils
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.pin import PinAnswer


async def proof(bench: Bench, subject: Subject, profile: SiteProfile, pin: str | None) -> None:
    """Whether doors would know the test patron, and a blocked one, for what they are. `pin` is one seen to be right."""
    bench.close()
    ils = Sip2Ils(profile, bench.account, bench.clock, deadline=bench.patience.door)
    today = bench.now().date()
    try:
        _judge(bench, await ils.patron(subject.card, pin), today, with_pin=pin is not None)
        if subject.blocked_card:
            _judge_blocked(bench, await ils.patron(subject.blocked_card, None), today)
    finally:
        await ils.close()


def _judge(bench: Bench, answer: PatronAnswer, today: date, *, with_pin: bool) -> None:
    facts = answer.facts
    if facts is None:
        cause = answer.cause.value if answer.cause is not None else answer.reason.value
        bench.found(Check.PROOF, Judged.FAILED, "proof_failed", cause=cause)
    elif with_pin and answer.pin is not PinAnswer.RIGHT:
        bench.found(Check.PROOF, Judged.FAILED, "proof_pin", pin=answer.pin.value)
    elif blocks := _blocks(facts, today):
        bench.found(Check.PROOF, Judged.CAREFUL, "proof_blocked", blocks=", ".join(blocks))
    else:
        bench.found(Check.PROOF, Judged.GOOD, "proof", category=facts.category or "–")


def _judge_blocked(bench: Bench, answer: PatronAnswer, today: date) -> None:
    facts = answer.facts
    if facts is None:
        bench.found(Check.BLOCKED_PATRON, Judged.CAREFUL, "blocked_unknown")
    elif blocks := _blocks(facts, today):
        bench.found(Check.BLOCKED_PATRON, Judged.GOOD, "block_seen", blocks=", ".join(blocks))
    else:
        bench.found(Check.BLOCKED_PATRON, Judged.UNSAFE, "block_unseen")


def _blocks(facts: PatronFacts, today: date) -> list[str]:
    told = {
        "not valid": not facts.valid,
        "expired": facts.expires is not None and facts.expires < today,
        "lost": facts.lost,
        "debarred": facts.debarred,
        "may not borrow": facts.blocked_from_borrowing,
    }
    return [name for name, applies in told.items() if applies]
