"""The dependency in front of every device route: who asks, or a problem."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.problems import ProblemCode
from meroppet.wire.signing import BOOT_HEADER, DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER
from server.db import Session, unscoped
from server.devices.parts import DeviceParts, Parts
from server.devices.problems import Refusal
from server.devices.rates import REQUESTS, VERIFICATIONS, Rate
from server.devices.signing import Caller, Signed, SignedRequest, booted, signed, spend

_NOBODY_YET = unscoped("a request is signed by a device, and only its row says whose it is")
_SEQUENCE_DIGITS = 18

Known = Callable[[Request, Parts], Awaitable[Caller]]


@dataclass(frozen=True, slots=True)
class Unspent:
    """A request that is the caller's, and may still be a replay: `spend` says so, in the transaction of its work."""

    caller: Caller
    _signed: Signed

    async def spend(self, session: Session) -> None:
        """Use the request's number. Raises Refusal where it was used before, or the device was revoked meanwhile."""
        problem = await spend(session, self._signed)
        if problem is not None:
            raise Refusal(problem)


def unspent(*kinds: DeviceKind, rate: Rate = REQUESTS) -> Callable[[Request, Parts], Awaitable[Unspent]]:
    """A dependency that gives the caller, who must be of one of these kinds and within its rate.

    For routes that write: they spend the number in the transaction they write in, which saves the disk one.
    """

    async def known(request: Request, parts: Parts) -> Unspent:
        async with parts.database.reading(_NOBODY_YET) as session:
            found = await signed(session, await _request(request))
        if isinstance(found, ProblemCode):
            raise Refusal(found)
        _require(parts, found.caller, kinds, rate)
        return Unspent(found.caller, found)

    return known


def caller(*kinds: DeviceKind, rate: Rate = REQUESTS) -> Known:
    """A dependency that gives the caller as `unspent` does, and has spent the number."""
    asked = unspent(*kinds, rate=rate)

    async def known(request: Request, parts: Parts) -> Caller:
        found = await asked(request, parts)
        async with parts.database.session(found.caller.scope) as session:
            await found.spend(session)
        return found.caller

    return known


async def booting(request: Request, parts: Parts) -> Caller:
    """A dependency that gives the caller of POST /boot, whose earlier boot has ended with it."""
    async with parts.database.session(_NOBODY_YET) as session:
        found = await booted(session, await _request(request))
    if isinstance(found, ProblemCode):
        raise Refusal(found)
    _require(parts, found, DeviceKind, REQUESTS)
    return found


def _require(parts: DeviceParts, found: Caller, kinds: Iterable[DeviceKind], rate: Rate) -> None:
    if found.kind not in kinds:
        raise Refusal(ProblemCode.NOT_ALLOWED)
    if not parts.rates.allows(found.device, rate):
        raise Refusal(ProblemCode.TOO_MANY)
    if rate is VERIFICATIONS:
        parts.turns.asked(found.device)


async def _request(request: Request) -> SignedRequest:
    found = signed_request(request, await request.body())
    if found is None:
        raise Refusal(ProblemCode.BAD_SIGNATURE)
    return found


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
AnyUnspent = Annotated[Unspent, Depends(unspent(*DeviceKind))]
DoorUnspent = Annotated[Unspent, Depends(unspent(DeviceKind.DOOR, rate=VERIFICATIONS))]
Kiosk = Annotated[Caller, Depends(caller(DeviceKind.KIOSK))]
KioskLogin = Annotated[Caller, Depends(caller(DeviceKind.KIOSK, rate=VERIFICATIONS))]
Booting = Annotated[Caller, Depends(booting)]
