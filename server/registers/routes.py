"""What devices ask of the library system through the server: card and PIN checked, loans and returns."""

import logging

from fastapi import APIRouter

from meroppet.ils.ports import Circulation, LoanAnswer, PatronAnswer, UnavailableCause
from meroppet.rules.access import settled
from meroppet.rules.pin import PinAnswer
from meroppet.wire.convert import facts_to_wire
from meroppet.wire.ils import (
    IlsItemReply,
    IlsItemRequest,
    IlsLoanReply,
    IlsLoanRequest,
    IlsPatronReply,
    IlsPatronRequest,
    IlsReturnReply,
)
from meroppet.wire.problems import ProblemCode
from meroppet.wire.verify import VerifyReply, VerifyRequest
from server.devices.callers import Door, Kiosk, KioskLogin
from server.devices.parts import DeviceParts, Parts
from server.devices.problems import Refusal
from server.devices.signing import Caller
from server.organisations.service import audiences
from server.registers.verify import Shown, asked, opened, subject
from server.replication.service import newest

router = APIRouter()
logger = logging.getLogger(__name__)


@router.post("/verify")
async def verify(body: VerifyRequest, caller: Door, parts: Parts) -> VerifyReply:
    """The register's word on card and PIN, within 2.0 s; an input to the door's decision, never a verdict."""
    if body.door != caller.device:
        raise Refusal(ProblemCode.NOT_ALLOWED)
    answer = await _checked(parts, caller, _shown(parts, body.attempt, body.sealed))
    named = await subject(parts, caller, answer)
    # Read after the register answered: a right taken away meanwhile is known before the door decides.
    async with parts.database.reading(caller.scope) as session:
        change = await newest(session, caller.consortium, await audiences(session, caller.branch))
    return VerifyReply(
        pin=answer.pin,
        facts=None if answer.facts is None else facts_to_wire(answer.facts),
        as_of=parts.clock.now(),
        change=change,
        subject=named,
        contradiction=_is_contradicted(answer),
    )


@router.post("/ils/patron")
async def patron(body: IlsPatronRequest, caller: KioskLogin, parts: Parts) -> IlsPatronReply:
    """The register's word on who stands at a kiosk; of the name no more than a letter leaves the server."""
    answer = await _checked(parts, caller, _shown(parts, body.session, body.sealed))
    is_herself = answer.pin is PinAnswer.RIGHT
    return IlsPatronReply(
        pin=answer.pin.value,
        facts=None if answer.facts is None else facts_to_wire(answer.facts),
        subject=await subject(parts, caller, answer),
        initial=(answer.name or "").strip()[:1].upper() if is_herself else "",
        holds_ready=answer.holds_ready if is_herself else 0,
        cause=answer.cause,
    )


@router.post("/ils/item")
async def item(body: IlsItemRequest, caller: Kiosk, parts: Parts) -> IlsItemReply:
    """What the register knows of an item."""
    answer = await _require(_ils(parts, caller)).item(body.barcode)
    return IlsItemReply(known=answer.ok, title=answer.title or "", cause=answer.cause)


@router.post("/ils/checkout")
async def checkout(body: IlsLoanRequest, caller: Kiosk, parts: Parts) -> IlsLoanReply:
    """Lend an item to the patron of the session."""
    shown = _borrower(parts, caller, body)
    return _loan(await _require(_ils(parts, caller)).checkout(shown.card.value, shown.pin.digits, body.barcode))


@router.post("/ils/renew")
async def renew(body: IlsLoanRequest, caller: Kiosk, parts: Parts) -> IlsLoanReply:
    """Extend a loan of the patron of the session."""
    shown = _borrower(parts, caller, body)
    return _loan(await _require(_ils(parts, caller)).renew(shown.card.value, shown.pin.digits, body.barcode))


@router.post("/ils/checkin")
async def checkin(body: IlsItemRequest, caller: Kiosk, parts: Parts) -> IlsReturnReply:
    """Take an item back; anybody may return a book."""
    answer = await _require(_ils(parts, caller)).checkin(body.barcode)
    return IlsReturnReply(
        ok=answer.ok,
        reason=answer.reason.value,
        title=answer.title or "",
        destination=str(answer.destination or ""),
        cause=answer.cause,
        uncertain=answer.may_have_happened,
    )


def _shown(parts: DeviceParts, bound_to: str, sealed: str) -> Shown:
    shown = opened(parts, bound_to, sealed)
    if shown is None:
        raise Refusal(ProblemCode.BAD_REQUEST)
    return shown


async def _checked(parts: DeviceParts, caller: Caller, shown: Shown) -> PatronAnswer:
    """The register's word, if this device and this card have not been wrong too often."""
    made = parts.guesses.begin(caller.device, _register(parts, caller), shown.card, shown.pin)
    if made is None:
        logger.warning("device=%s too many wrong PINs: the register is not asked", caller.device)
        raise Refusal(ProblemCode.TOO_MANY)
    answer = await asked(_ils(parts, caller), shown)
    parts.guesses.settle(made, settled(answer.pin, answer.facts, contradiction=_is_contradicted(answer)))
    return answer


def _borrower(parts: DeviceParts, caller: Caller, body: IlsLoanRequest) -> Shown:
    """Whoever was identified at this kiosk: not every register asks for a PIN with a loan, so the server does."""
    shown = _shown(parts, body.session, body.sealed)
    if not parts.guesses.was_right(caller.device, _register(parts, caller), shown.card, shown.pin):
        raise Refusal(ProblemCode.NOT_ALLOWED)
    return shown


def _is_contradicted(answer: PatronAnswer) -> bool:
    return answer.cause is UnavailableCause.WRONG_PATRON


def _register(parts: DeviceParts, caller: Caller) -> str:
    return parts.registers.of(caller.branch) or ""


def _ils(parts: DeviceParts, caller: Caller) -> Circulation | None:
    return parts.registers.ils(caller.branch, caller.kind)


def _require(ils: Circulation | None) -> Circulation:
    if ils is None:
        raise Refusal(ProblemCode.UNAVAILABLE)
    return ils


def _loan(answer: LoanAnswer) -> IlsLoanReply:
    return IlsLoanReply(
        ok=answer.ok,
        reason=answer.reason.value,
        title=answer.title or "",
        due=answer.due,
        cause=answer.cause,
        uncertain=answer.may_have_happened,
    )
