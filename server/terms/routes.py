"""The kiosk's questions about texts: what the patron before it is to accept, and what she answered."""

import asyncio

from fastapi import APIRouter

from meroppet.ils.ports import PatronAnswer
from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.terms import Act
from meroppet.wire.problems import ProblemCode
from meroppet.wire.terms import PaperAnswerReply, PaperAnswerRequest, PapersReply, PapersRequest
from server.devices.callers import Kiosk
from server.devices.parts import DeviceParts, Parts
from server.devices.problems import Refusal
from server.devices.signing import Caller
from server.organisations.service import BranchView, branch
from server.patrons.service import Holder, find
from server.policies.service import policy_of
from server.registers.identified import identified
from server.registers.service import DEADLINE_SECONDS
from server.terms.papers import Answered, due_terms, guest_paper, is_guest, may_be_asked_as_guest, write_down

router = APIRouter()


@router.post("/terms/due")
async def due(body: PapersRequest, caller: Kiosk, parts: Parts) -> PapersReply:
    """What to ask the patron who was just identified at this kiosk; nothing where the branch asks for nothing."""
    shown = await identified(parts, caller, body.session, body.sealed)
    async with parts.database.reading(caller.scope) as session:
        place = await _branch(parts, caller)
        policy = await policy_of(session, place.id)
        if policy is None:
            return PapersReply()
        register = parts.registers.of(caller.branch) or ""
        patron = await find(session, parts.keys, place.consortium, register, shown.card)
        papers = await due_terms(session, place, policy.policy, patron)
        is_to_be_looked_up = await may_be_asked_as_guest(session, place, policy.policy, patron)
        guest = await guest_paper(session, place) if is_to_be_looked_up else None
    if guest is not None:
        answer = await _looked_up(parts, caller, shown.card)
        if answer is not None and answer.facts is not None and is_guest(policy.policy, answer.facts):
            papers.append(guest)
    return PapersReply(papers=tuple(papers))


@router.post("/terms/answer")
async def answer(body: PaperAnswerRequest, caller: Kiosk, parts: Parts) -> PaperAnswerReply:
    """Write down what she said, with the digest of the words that were on the screen."""
    shown = await identified(parts, caller, body.session, body.sealed)
    place = await _branch(parts, caller)
    holder = await _holder(parts, caller, place, shown.card)
    if holder is None:
        return PaperAnswerReply(kept=False)
    answered = Answered(body.paper, Act(body.act), body.lang, body.sha256)
    async with parts.database.session(caller.scope) as session:
        kept = await write_down(session, parts.keys, place, holder, answered, device=caller.device)
    return PaperAnswerReply(kept=kept)


async def _branch(parts: DeviceParts, caller: Caller) -> BranchView:
    async with parts.database.reading(caller.scope) as session:
        found = await branch(session, caller.branch)
    if found is None:
        raise Refusal(ProblemCode.UNAVAILABLE)
    return found


async def _holder(parts: DeviceParts, caller: Caller, place: BranchView, card: CardNumber) -> Holder | None:
    """The patron as the server knows her already, or as her register does; None while that is silent."""
    register = parts.registers.of(caller.branch) or ""
    async with parts.database.reading(caller.scope) as session:
        known = await find(session, parts.keys, place.consortium, register, card)
    if known is not None:
        return Holder(register, card)
    answer = await _looked_up(parts, caller, card)
    number = card_from_text(answer.patron_id or "") if answer is not None and answer.facts is not None else None
    return None if number is None else Holder(register, number, card)


async def _looked_up(parts: DeviceParts, caller: Caller, card: CardNumber) -> PatronAnswer | None:
    """The register's word on a card whose PIN it has just called right, without asking about the PIN again."""
    ils = parts.registers.ils(caller.branch, caller.kind)
    if ils is None:
        return None
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await ils.patron(card.value, None)
    except TimeoutError:
        return None
