"""What a device says of a tag that staff wait for."""

from fastapi import APIRouter

from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.wire.passes import TagOutcome, TagReadReply, TagReadRequest
from meroppet.wire.problems import ProblemCode
from meroppet.wire.sealing import SealError, unseal
from server.devices.callers import AnyDevice
from server.devices.parts import DeviceParts, Parts
from server.devices.problems import Refusal
from server.organisations.service import branch
from server.passes.handouts import tag_read

router = APIRouter()


@router.post("/tags")
async def tags(body: TagReadRequest, caller: AnyDevice, parts: Parts) -> TagReadReply:
    """Hand the tag out for which staff gave this order, or say why not."""
    read = _read(parts, body)
    async with parts.database.session(caller.scope) as session:
        place = await branch(session, caller.branch)
        if place is None:
            raise Refusal(ProblemCode.UNAVAILABLE)
        outcome = await tag_read(
            session,
            parts.keys,
            place,
            parts.registers.of(caller.branch),
            device=caller.device,
            handout_id=body.order,
            read=read,
        )
    return TagReadReply(outcome=outcome.value)


def _read(parts: DeviceParts, body: TagReadRequest) -> CardNumber | TagOutcome:
    if body.unfit is not None:
        # Only the server says what comes of a tag that is one.
        return body.unfit if body.unfit is TagOutcome.ITEM_TAG else TagOutcome.UNREADABLE
    try:
        number = card_from_text(unseal(parts.keys.seal_key, body.order, body.sealed).get("card", ""))
    except SealError as error:
        raise Refusal(ProblemCode.BAD_REQUEST) from error
    return number or TagOutcome.UNREADABLE
