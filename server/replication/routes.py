"""What devices ask to stay alike: changes by number, a snapshot to start with, and the stream that wakes them."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from meroppet.wire.changes import MEDIA_TYPE, ChangesReply
from meroppet.wire.problems import ProblemCode
from server.devices.callers import AnyDevice
from server.devices.parts import Parts
from server.devices.problems import Refusal
from server.organisations.service import audiences
from server.replication.listening import listens, still_listens
from server.replication.service import changes
from server.replication.streams import device_stream

router = APIRouter()

_LARGEST = 2**62


@router.get("/changes")
async def poll(caller: AnyDevice, parts: Parts, after: Annotated[int, Query(ge=0, le=_LARGEST)]) -> ChangesReply:
    """What changed after a number for this device; 410 if it must start over."""
    async with parts.turns.taken(caller.device), parts.database.reading(caller.scope) as session:
        heard = await audiences(session, caller.branch, caller.controller)
        goes_on = await still_listens(session, caller.device, heard)
        page = await changes(session, caller.consortium, heard, after) if goes_on else None
    if page is None:
        raise Refusal(ProblemCode.START_OVER)
    return page


@router.get("/snapshot", response_class=FileResponse)
async def snapshot(caller: AnyDevice, parts: Parts, if_none_match: Annotated[str, Header()] = "") -> Response:
    """Everything that stands for this device's branch, with ETag and Range."""
    async with parts.database.session(caller.scope) as session:
        heard = await audiences(session, caller.branch, caller.controller)
        await listens(session, caller, heard)
    found = await parts.snapshots.of_branch(parts.database, caller.scope, caller.branch, heard)
    if if_none_match == found.etag:
        return Response(status_code=304, headers={"ETag": found.etag})
    return FileResponse(found.file, media_type=MEDIA_TYPE, headers={"ETag": found.etag})


@router.get("/stream", response_class=StreamingResponse)
async def stream(caller: AnyDevice, parts: Parts, last_event_id: Annotated[str, Header()] = "") -> StreamingResponse:
    """Wake-ups and orders, until the device is revoked, boots anew or hangs up."""
    last = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0
    return StreamingResponse(
        device_stream(parts, caller, last),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
