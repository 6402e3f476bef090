"""What devices ask of the library system through the server: card and PIN checked, loans and returns."""

from fastapi import APIRouter, BackgroundTasks

from meroppet.ils.ports import Circulation, LoanAnswer, PatronAnswer
from meroppet.rules.pin import PinAnswer
from meroppet.wire.convert import facts_to_wire
from meroppet.wire.enrolment import DeviceKind
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
from server.attempts.asking import First, Shown, checked, is_contradicted, nothing
from server.devices.callers import DoorUnspent, Kiosk, KioskLogin
from server.devices.parts import DeviceParts, Parts
from server.devices.problems import Refusal
from server.devices.signing import Caller
from server.organisations.service import audiences
from server.registers.identified import identified, place_of
from server.registers.verify import is_weak_right, opened, subject
from server.replication.service import newest

router = APIRouter()


@router.post("/verify")
async def verify(body: VerifyRequest, asked: DoorUnspent, parts: Parts, after: BackgroundTasks) -> VerifyReply:
    """The register's word on card and PIN, within 2.0 s; an input to the door's decision, never a verdict."""
    caller = asked.caller
    if body.door != caller.device:
        raise Refusal(ProblemCode.NOT_ALLOWED)
    shown = _shown(parts, body.attempt, body.sealed, agreed=body.agreed)
    answer = await _checked(parts, caller, shown, after, asked.spend)
    # Read after the register answered: a right taken away meanwhile is known before the door decides.
    async with parts.database.reading(caller.scope) as session:
        named = await subject(session, parts, caller, answer)
        change = await newest(session, caller.consortium, await audiences(session, caller.branch, caller.controller))
    return VerifyReply(
        pin=answer.pin,
        facts=None if answer.facts is None else facts_to_wire(answer.facts),
        as_of=parts.clock.now(),
        change=change,
        subject=named,
        contradiction=is_contradicted(answer),
        weak=is_weak_right(answer, shown.pin),
    )


@router.post("/ils/patron")
async def patron(body: IlsPatronRequest, caller: KioskLogin, parts: Parts, after: BackgroundTasks) -> IlsPatronReply:
    """The register's word on who stands at a kiosk; of the name no more than a letter leaves the server."""
    shown = _shown(parts, body.session, body.sealed)
    answer = await _checked(parts, caller, shown, after)
    is_herself = answer.pin is PinAnswer.RIGHT
    if is_herself:
        parts.borrowers.was_right_now(caller.device, place_of(parts, caller).register, shown.card, shown.pin)
    async with parts.database.reading(caller.scope) as session:
        named = await subject(session, parts, caller, answer)
    return IlsPatronReply(
        pin=answer.pin.value,
        facts=None if answer.facts is None else facts_to_wire(answer.facts),
        subject=named,
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
    shown = await identified(parts, caller, body.session, body.sealed)
    return _loan(await _require(_ils(parts, caller)).checkout(shown.card.value, shown.pin.digits, body.barcode))


@router.post("/ils/renew")
async def renew(body: IlsLoanRequest, caller: Kiosk, parts: Parts) -> IlsLoanReply:
    """Extend a loan of the patron of the session."""
    shown = await identified(parts, caller, body.session, body.sealed)
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


def _shown(parts: DeviceParts, bound_to: str, sealed: str, *, agreed: bool = False) -> Shown:
    shown = opened(parts, bound_to, sealed, agreed=agreed)
    if shown is None:
        raise Refusal(ProblemCode.BAD_REQUEST)
    return shown


async def _checked(
    parts: DeviceParts, caller: Caller, shown: Shown, after: BackgroundTasks, first: First = nothing
) -> PatronAnswer:
    """The register's word, if its own lock and the caps let it be asked."""
    place, limit = place_of(parts, caller), parts.registers.wrong_pins(caller.branch)
    in_haste = caller.kind is DeviceKind.DOOR
    found = await checked(parts.desk, place, _ils(parts, caller), limit, shown, in_haste=in_haste, first=first)
    if found.later is not None:
        after.add_task(found.later)
    return found.answer


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
