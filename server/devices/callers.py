"""The dependency in front of every device route: who asks, or a problem."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.problems import ProblemCode
from meroppet.wire.signing import BOOT_HEADER, DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER
from server.db import Session, unscoped
from server.devices.parts import Parts
from server.devices.problems import Refusal
from server.devices.rates import REQUESTS, VERIFICATIONS, Rate
from server.devices.signing import Caller, SignedRequest, booted, recognised

_NOBODY_YET = unscoped("a request is signed by a device, and only its row says whose it is")
_SEQUENCE_DIGITS = 18

Recognise = Callable[[Session, SignedRequest], Awaitable[Caller | ProblemCode]]
Known = Callable[[Request, Parts], Awaitable[Caller]]


def caller(*kinds: DeviceKind, rate: Rate = REQUESTS, recognise: Recognise = recognised) -> Known:
    """A dependency that gives the caller, who must be of one of these kinds and within its rate."""

    async def known(request: Request, parts: Parts) -> Caller:
        signed = signed_request(request, await request.body())
        if signed is None:
            raise Refusal(ProblemCode.BAD_SIGNATURE)
        async with parts.database.session(_NOBODY_YET) as session:
            found = await recognise(session, signed)
        if isinstance(found, ProblemCode):
            raise Refusal(found)
        if found.kind not in kinds:
            raise Refusal(ProblemCode.NOT_ALLOWED)
        if not parts.rates.allows(found.device, rate):
            raise Refusal(ProblemCode.TOO_MANY)
        return found

    return known


def signed_request(request: Request, body: bytes) -> SignedRequest | None:
    """The request with its signature, or None where a header is missing or malformed."""
    try:
        device, boot = request.headers[DEVICE_HEADER], request.headers[BOOT_HEADER]
        sequence = request.headers[SEQUENCE_HEADER]
        signature = base64.b64decode(request.headers[SIGNATURE_HEADER], validate=True)
    except (KeyError, binascii.Error, ValueError):
        return None
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) <= _SEQUENCE_DIGITS):
        return None
    return SignedRequest(request.method, _target(request), body, device, boot, int(sequence), signature)


def _target(request: Request) -> str:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("ascii", "replace")


AnyDevice = Annotated[Caller, Depends(caller(*DeviceKind))]
Door = Annotated[Caller, Depends(caller(DeviceKind.DOOR, rate=VERIFICATIONS))]
Kiosk = Annotated[Caller, Depends(caller(DeviceKind.KIOSK))]
KioskLogin = Annotated[Caller, Depends(caller(DeviceKind.KIOSK, rate=VERIFICATIONS))]
Booting = Annotated[Caller, Depends(caller(*DeviceKind, recognise=booted))]
