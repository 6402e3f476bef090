"""Recognising a device on every request: active, rightly signed, of the current boot, and never seen before."""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from sqlalchemy import select, update
from sqlmodel import col

from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.problems import ProblemCode
from meroppet.wire.signing import signed_bytes
from server.db import Scope, Session
from server.devices.models import Device, DeviceBoot, DeviceChannel
from server.devices.service import public_key
from server.devices.window import Window, accepted

_BOOT_LONGEST = 64
_TRIES = 8
"""A device's own requests may overlap; each loser of the race reads again."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: what was signed, and the four headers."""

    method: str
    target: str
    body: bytes = field(repr=False)
    device: str
    boot: str
    sequence: int
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """The device behind a request, and whose affairs it may touch."""

    device: str
    kind: DeviceKind
    name: str
    branch: str
    consortium: str
    controller: str
    boot: str

    @property
    def scope(self) -> Scope:
        """The scope of the device's controller."""
        return Scope.of_controller(self.consortium, self.controller)


async def recognised(session: Session, request: SignedRequest) -> Caller | ProblemCode:
    """The caller of any request but POST /boot. Needs an unscoped session: nobody is known before this."""
    caller = await _signer(session, request)
    if isinstance(caller, ProblemCode):
        return caller
    return await _use_number(session, request) or caller


async def booted(session: Session, request: SignedRequest) -> Caller | ProblemCode:
    """The caller of POST /boot, whose fresh boot begins and retires the one before. Needs an unscoped session."""
    caller = await _signer(session, request)
    if isinstance(caller, ProblemCode):
        return caller
    if request.sequence != 0 or not await _is_fresh(session, caller):
        return ProblemCode.REPLAYED
    begun = {"boot": request.boot, "since": session.now, "highest": 0, "seen": "0"}
    statement = session.insert(DeviceChannel).values(**_owner(caller), **begun)
    await session.execute(statement.on_conflict_do_update(index_elements=["device_id"], set_=begun))
    session.wake(f"device:{caller.device}")
    return caller


async def is_current(session: Session, caller: Caller) -> bool:
    """Whether the caller would still be let in: not revoked, no newer boot. For streams, which are asked once only."""
    statement = select(col(Device.id)).join(DeviceChannel, col(DeviceChannel.device_id) == col(Device.id))
    statement = statement.where(col(Device.id) == caller.device, col(Device.revoked_at).is_(None))
    return await session.scalar(statement.where(col(DeviceChannel.boot) == caller.boot)) is not None


async def _signer(session: Session, request: SignedRequest) -> Caller | ProblemCode:
    row = await session.scalar(select(Device).where(col(Device.id) == request.device))
    if row is None:
        return ProblemCode.UNKNOWN_DEVICE
    if not 0 < len(request.boot) <= _BOOT_LONGEST or not _is_signed(row, request):
        return ProblemCode.BAD_SIGNATURE
    if row.revoked_at is not None:
        return ProblemCode.REVOKED
    return Caller(
        row.id, DeviceKind(row.kind), row.name, row.branch_id, row.consortium_id, row.controller_id, request.boot
    )


def _is_signed(row: Device, request: SignedRequest) -> bool:
    key = public_key(row.public_key)
    if key is None:
        return False
    try:
        text = signed_bytes(
            method=request.method,
            target=request.target,
            body=request.body,
            device=request.device,
            boot=request.boot,
            sequence=request.sequence,
        )
        key.verify(request.signature, text)
    except (ValueError, InvalidSignature):
        return False
    return True


async def _is_fresh(session: Session, caller: Caller) -> bool:
    statement = session.insert(DeviceBoot).values(**_owner(caller), boot=caller.boot, at=session.now)
    statement = statement.on_conflict_do_nothing(index_elements=["device_id", "boot"])
    return await session.scalar(statement.returning(col(DeviceBoot.boot))) is not None


async def _use_number(session: Session, request: SignedRequest) -> ProblemCode | None:
    """Mark the sequence number as used, in the database: a replay is refused after a restart and by every process."""
    for _ in range(_TRIES):
        statement = select(col(DeviceChannel.boot), col(DeviceChannel.highest), col(DeviceChannel.seen))
        row = (await session.execute(statement.where(col(DeviceChannel.device_id) == request.device))).first()
        if row is None or row.boot != request.boot:
            return ProblemCode.UNKNOWN_BOOT
        window = accepted(Window(row.highest, int(row.seen, 16)), request.sequence)
        if window is None:
            return ProblemCode.REPLAYED
        swap = update(DeviceChannel).where(
            col(DeviceChannel.device_id) == request.device,
            col(DeviceChannel.boot) == row.boot,
            col(DeviceChannel.highest) == row.highest,
            col(DeviceChannel.seen) == row.seen,
        )
        swap = swap.values(highest=window.highest, seen=f"{window.seen:x}")
        if await session.scalar(swap.returning(col(DeviceChannel.device_id))) is not None:
            return None
    return ProblemCode.UNAVAILABLE


def _owner(caller: Caller) -> dict[str, str]:
    return {"device_id": caller.device, "consortium_id": caller.consortium, "controller_id": caller.controller}
