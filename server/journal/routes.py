"""Where devices bring their journals."""

from fastapi import APIRouter, Request

from meroppet.wire.journal import JournalReply, JournalRequest
from meroppet.wire.problems import ProblemCode
from server.devices.callers import AnyUnspent
from server.devices.parts import Parts
from server.devices.problems import Refusal
from server.journal.intake import take
from server.journal.reading import push_in

router = APIRouter()

_BODY = {"requestBody": {"content": {"application/json": {"schema": JournalRequest.model_json_schema()}}}}
"""Said by hand: rows are read one by one, so that one that cannot be understood does not hold up the others."""


@router.post("/journal", openapi_extra=_BODY)
async def journal(request: Request, asked: AnyUnspent, parts: Parts) -> JournalReply:
    """Keep the rows; the answer says up to which number they are safe."""
    caller, body = asked.caller, await request.body()
    async with parts.turns.taken(caller.device):
        push = push_in(body)
        if push is None:
            raise Refusal(ProblemCode.BAD_REQUEST)
        async with parts.database.session(caller.scope) as session:
            await asked.spend(session)
            return await take(session, caller, push, register=parts.registers.of(caller.branch), sign=parts.keys.sign)
