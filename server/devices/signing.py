"""Recognising a device on every request: active, rightly signed, of the current boot, and never seen before."""

from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy import Row, bindparam, exists, select, update
from sqlmodel import col

from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.problems import ProblemCode
from meroppet.wire.signing import signed_bytes
from server.db import Scope, Session
from server.devices.clones import fence, is_cloned
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


@dataclass(frozen=True, slots=True)
class Signed:
    """A rightly signed request whose number is not used yet, and the window as it was read."""

    caller: Caller
    number: int
    window: Window


# Built once: every request of every device begins with them, and building takes longer than asking.
_SIGNER = (
    select(
        col(Device.id), col(Device.kind), col(Device.name), col(Device.branch_id), col(Device.consortium_id),
        col(Device.controller_id), col(Device.public_key), col(Device.revoked_at), col(DeviceChannel.boot),
        col(DeviceChannel.highest), col(DeviceChannel.seen),
    )
    .outerjoin(DeviceChannel, col(DeviceChannel.device_id) == col(Device.id))
    .where(col(Device.id) == bindparam("device"))
)  # fmt: skip
_WINDOW = (
    select(col(DeviceChannel.highest), col(DeviceChannel.seen))
    .join(Device, col(Device.id) == col(DeviceChannel.device_id))
    .where(
        col(DeviceChannel.device_id) == bindparam("device"),
        col(DeviceChannel.boot) == bindparam("boot"),
        col(Device.revoked_at).is_(None),
    )
)
_SWAP = (
    update(DeviceChannel)
    .where(
        col(DeviceChannel.device_id) == bindparam("device"),
        col(DeviceChannel.boot) == bindparam("of_boot"),
        col(DeviceChannel.highest) == bindparam("was_highest"),
        col(DeviceChannel.seen) == bindparam("was_seen"),
        exists().where(col(Device.id) == bindparam("device"), col(Device.revoked_at).is_(None)),
    )
    .values(highest=bindparam("to_highest"), seen=bindparam("to_seen"))
    .returning(col(DeviceChannel.device_id))
)


async def signed(session: Session, request: SignedRequest) -> Signed | ProblemCode:
    """Whose request it is, read only. Needs an unscoped session: nobody is known before this."""
    row = await _found(session, request)
    if isinstance(row, ProblemCode):
        return row
    if row.boot != request.boot:
        return ProblemCode.UNKNOWN_BOOT
    window = Window(row.highest, int(row.seen, 16))
    if accepted(window, request.sequence) is None:
        return ProblemCode.REPLAYED
    return Signed(_caller(row, request), request.sequence, window)


async def spend(session: Session, request: Signed) -> ProblemCode | None:
    """Mark the number of a request as used, in the database: a replay is refused after a restart and by every process.

    What is done for the request belongs in the same transaction: then neither is without the other.
    """
    whose, window = {"device": request.caller.device, "boot": request.caller.boot}, request.window
    for _ in range(_TRIES):
        after = accepted(window, request.number)
        if after is None:
            return ProblemCode.REPLAYED
        if await _swapped(session, request.caller, window, after):
            return None
        found = (await session.execute(_WINDOW, whose)).first()
        if found is None:
            return ProblemCode.UNKNOWN_BOOT
        window = Window(found.highest, int(found.seen, 16))
    return ProblemCode.UNAVAILABLE


async def booted(session: Session, request: SignedRequest) -> Caller | ProblemCode:
    """The caller of POST /boot, whose fresh boot begins and retires the one before. Needs an unscoped session."""
    row = await _found(session, request)
    if isinstance(row, ProblemCode):
        return row
    caller = _caller(row, request)
    if request.sequence != 0 or not await _is_fresh(session, caller):
        return ProblemCode.REPLAYED
    if await is_cloned(session, caller.device):
        await fence(session, caller)
        return ProblemCode.REVOKED
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


async def _found(session: Session, request: SignedRequest) -> Row[Any] | ProblemCode:
    row = (await session.execute(_SIGNER, {"device": request.device})).first()
    if row is None:
        return ProblemCode.UNKNOWN_DEVICE
    if not 0 < len(request.boot) <= _BOOT_LONGEST or not _is_signed(row, request):
        return ProblemCode.BAD_SIGNATURE
    if row.revoked_at is not None:
        return ProblemCode.REVOKED
    return row


def _caller(row: Row[Any], request: SignedRequest) -> Caller:
    return Caller(
        row.id, DeviceKind(row.kind), row.name, row.branch_id, row.consortium_id, row.controller_id, request.boot
    )


def _is_signed(row: Row[Any], request: SignedRequest) -> bool:
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


async def _swapped(session: Session, caller: Caller, window: Window, after: Window) -> bool:
    values = {
        "device": caller.device, "of_boot": caller.boot, "was_highest": window.highest, "was_seen": f"{window.seen:x}",
        "to_highest": after.highest, "to_seen": f"{after.seen:x}",
    }  # fmt: skip
    done = await session.execute(_SWAP, values, options={"synchronize_session": False})
    return done.first() is not None


def _owner(caller: Caller) -> dict[str, str]:
    return {"device_id": caller.device, "consortium_id": caller.consortium, "controller_id": caller.controller}
