"""How devices come to belong here and stay known: the CA, enrolment, boot and health."""

import logging
import math

from fastapi import APIRouter, Response

from meroppet.wire.enrolment import BootReply, BootRequest, EnrolReply, EnrolRequest, key_text
from meroppet.wire.health import HealthReply, HealthRequest
from meroppet.wire.problems import ProblemCode
from server.db import unscoped
from server.devices.callers import AnyUnspent, Booting
from server.devices.parts import Parts
from server.devices.problems import Refusal
from server.devices.service import enrol as enrol_device
from server.devices.service import take_health
from server.organisations.service import audiences, branch
from server.patrons.service import ready_branch
from server.replication.service import newest

router = APIRouter()
logger = logging.getLogger(__name__)

_LONGEST, _MOST = 200, 40
_HIGHEST = 2**62


@router.get("/ca", response_class=Response)
async def ca(parts: Parts) -> Response:
    """The CA's certificate; the device compares it with the fingerprint in its code before it trusts it."""
    return Response(parts.keys.ca_pem, media_type="application/x-pem-file")


@router.post("/enrol")
async def enrol(body: EnrolRequest, parts: Parts) -> EnrolReply:
    """Make the bearer of an unused code a device of the branch the code was made for."""
    async with parts.database.session(unscoped("the one-time code is all that says whose device this is")) as session:
        reply = await enrol_device(session, parts.keys, body)
    if isinstance(reply, ProblemCode):
        raise Refusal(reply)
    return reply


@router.post("/boot")
async def boot(body: BootRequest, caller: Booting, parts: Parts) -> BootReply:
    """The branch's keys for this boot, and the time."""
    logger.info("device=%s booted version=%r", caller.device, body.version[:32])
    async with parts.database.session(caller.scope) as session:
        place = await branch(session, caller.branch)
        if place is None:
            raise Refusal(ProblemCode.UNAVAILABLE)
        named = await ready_branch(session, parts.keys, place)
    return BootReply(
        digest_key=key_text(named.digest),
        pin_key=key_text(named.pin),
        seal_key=parts.keys.seal_public,
        now=parts.clock.now().isoformat(),
        heartbeat_seconds=parts.heartbeat_seconds,
        poll_seconds=parts.poll_seconds,
        sign_public=parts.keys.sign_public,
        pulse_seconds=parts.pulse_seconds,
    )


@router.post("/health")
async def health(body: HealthRequest, asked: AnyUnspent, parts: Parts) -> HealthReply:
    """Keep what the device says of itself; tell it the time and how far it should be."""
    if not _can_be_kept(body):
        raise Refusal(ProblemCode.BAD_REQUEST)
    caller = asked.caller
    async with parts.database.session(caller.scope) as session:
        await asked.spend(session)
        try:
            await take_health(session, caller, body)
        except (ValueError, TypeError) as error:
            # TypeError: a time without its zone cannot be compared.
            raise Refusal(ProblemCode.BAD_REQUEST) from error
        number = await newest(session, caller.consortium, await audiences(session, caller.branch, caller.controller))
    return HealthReply(now=parts.clock.now().isoformat(), change=number)


def _can_be_kept(said: HealthRequest) -> bool:
    """Whether no database and no page is asked to hold more than any device has to say."""
    texts = (
        said.version, said.now, said.clock, said.door, said.state, said.started_at, said.storage, said.config,
        said.epoch, said.trouble, *said.readers_lost, *said.alarms, *said.parts,
    )  # fmt: skip
    is_short = all(len(text) <= _LONGEST for text in texts)
    is_little = max(len(said.readers_lost), len(said.alarms), len(said.parts)) <= _MOST
    return is_short and is_little and "\0" not in "".join(texts) and _are_numbers(said)


def _are_numbers(said: HealthRequest) -> bool:
    long = (said.change, said.last, said.disk_free or 0, said.memory or 0)
    short = (said.unsent, said.crashes, said.inside or 0)
    measured = (said.queue or 0.0, said.temperature or 0.0, said.drift_ppm or 0.0)
    return (
        all(0 <= number < _HIGHEST for number in long)
        and all(0 <= number < 2**31 for number in short)
        and all(math.isfinite(number) for number in measured)
    )
