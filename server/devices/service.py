"""Inviting, enrolling, watching and revoking devices. How a request is recognised lives in signing.py."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, select, update
from sqlmodel import col

from meroppet.wire.enrolment import DeviceKind, EnrolReply, EnrolRequest, Invitation
from meroppet.wire.health import HealthRequest
from meroppet.wire.problems import ProblemCode
from server.db import Session
from server.devices.models import Device, DeviceChannel, DeviceHealth, DeviceInvitation
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.passes.service import forget_all as forget_all_passes
from server.patrons.telling import rename_all
from server.schedules.listed import forget_all

INVITATION_LASTS = timedelta(minutes=15)
_AS_SAID = (
    "queue", "disk_free", "memory", "temperature", "drift_ppm", "storage", "config", "crashes", "inside", "armed",
    "epoch", "last", "trouble",
)  # fmt: skip
"""What is kept of a device's health word for word."""
SILENT_AFTER = timedelta(seconds=45)
"""Three heartbeats missed."""

_TOKEN_BYTES = 17
"""A few bits more than the 130 that 26 letters of base 32 hold."""

_TOKEN_LETTERS = 26


class Known(Protocol):
    """A device that has been recognised, and whose it is."""

    @property
    def device(self) -> str: ...

    @property
    def branch(self) -> str: ...

    @property
    def consortium(self) -> str: ...

    @property
    def controller(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Health:
    """What a device last said of itself, and when the server heard it. `locked` None: it has no lock, or no answer."""

    at: datetime
    version: str
    clock: str
    clock_ahead_seconds: float
    change: int
    unsent: int
    locked: bool | None
    door: str
    state: str
    readers_lost: tuple[str, ...]
    hours_until: date | None = None
    """The last day about which it knows its hours; None: it has none, or does not say."""
    # What follows is as in meroppet.wire.health; older devices do not say it.
    queue: float | None = None
    disk_free: int | None = None
    memory: int | None = None
    temperature: float | None = None
    drift_ppm: float | None = None
    started_at: datetime | None = None
    storage: str = ""
    config: str = ""
    crashes: int = 0
    inside: int | None = None
    alarms: tuple[str, ...] = ()
    armed: bool | None = None
    epoch: str = ""
    last: int = 0
    trouble: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as staff pages and other features see it; `health` None: never heard of."""

    id: str
    kind: DeviceKind
    name: str
    branch: str
    consortium: str
    controller: str
    enrolled_at: datetime
    revoked_at: datetime | None
    health: Health | None = None

    def is_silent(self, now: datetime) -> bool:
        """Whether nothing was heard for too long (or ever)."""
        return self.health is None or now - self.health.at > SILENT_AFTER


async def invite(
    session: Session, keys: KeyRing, branch: BranchView, *, kind: DeviceKind, name: str, by: str, url: str
) -> Invitation:
    """A code that enrols one device of this kind at this branch within 15 minutes; `url` is where devices call."""
    token = base64.b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode("ascii")[:_TOKEN_LETTERS]
    session.add(
        DeviceInvitation(
            token_hash=_hash(token),
            consortium_id=branch.consortium,
            controller_id=branch.controller,
            branch_id=branch.id,
            kind=kind.value,
            name=name,
            invited_by=by,
            at=session.now,
            expires=session.now + INVITATION_LASTS,
        )
    )
    await session.flush()
    return Invitation(url.rstrip("/"), token, keys.ca_fingerprint)


async def enrol(session: Session, keys: KeyRing, request: EnrolRequest) -> EnrolReply | ProblemCode:
    """The device the token was made for, or why not. Needs an unscoped session: the token is the proof.

    The same key may ask again with the same token: its first answer may have been lost on the way.
    """
    key = public_key(request.public_key)
    statement = select(DeviceInvitation).where(col(DeviceInvitation.token_hash) == _hash(request.token))
    invitation = await session.scalar(statement.with_for_update())
    if invitation is None or invitation.expires <= session.now or invitation.kind != request.kind.value:
        return ProblemCode.CODE_SPENT
    if key is None:
        return ProblemCode.BAD_REQUEST
    if invitation.used_at is not None:
        return await _again(session, keys, invitation, request)
    device = _device(invitation, request, session.now)
    session.add(device)
    await _spend(session, invitation, device.id)
    session.wake(f"branch:{device.branch_id}")
    return _reply(keys, device)


async def _again(
    session: Session, keys: KeyRing, invitation: DeviceInvitation, request: EnrolRequest
) -> EnrolReply | ProblemCode:
    device = await session.scalar(select(Device).where(col(Device.id) == invitation.device_id))
    if device is None or device.revoked_at is not None or device.public_key != request.public_key:
        return ProblemCode.CODE_SPENT
    return _reply(keys, device)


async def _spend(session: Session, invitation: DeviceInvitation, device: str) -> None:
    statement = update(DeviceInvitation).where(col(DeviceInvitation.token_hash) == invitation.token_hash)
    await session.execute(statement.values(used_at=session.now, device_id=device))
    await session.flush()


def _device(invitation: DeviceInvitation, request: EnrolRequest, now: datetime) -> Device:
    return Device(
        id=f"{request.kind.value}-{secrets.token_hex(8)}",
        consortium_id=invitation.consortium_id,
        controller_id=invitation.controller_id,
        branch_id=invitation.branch_id,
        kind=invitation.kind,
        name=invitation.name,
        public_key=request.public_key,
        invited_by=invitation.invited_by,
        enrolled_at=now,
    )


def _reply(keys: KeyRing, device: Device) -> EnrolReply:
    return EnrolReply(
        device=device.id,
        kind=DeviceKind(device.kind),
        name=device.name,
        branch=device.branch_id,
        seal_key=keys.seal_public,
    )


def public_key(text: str) -> Ed25519PublicKey | None:
    """The Ed25519 key in a base64 text, or None if it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError:
        return None


def _hash(token: str) -> str:
    # 130 random bits need no slow hash.
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


async def revoke(session: Session, device_id: str, by: str) -> bool:
    """Shut a device out at once and for good; False if there is none (in this scope) or it already is."""
    statement = update(Device).where(col(Device.id) == device_id, col(Device.revoked_at).is_(None))
    result = await session.all(statement.values(revoked_at=session.now, revoked_by=by).returning(col(Device.branch_id)))
    for branch in result:
        await session.execute(delete(DeviceChannel).where(col(DeviceChannel.device_id) == device_id))
        session.wake(f"device:{device_id}")
        session.wake(f"branch:{branch}")
    return bool(result)


async def report_stolen(session: Session, keys: KeyRing, branch: BranchView, device_id: str, by: str) -> bool:
    """Revoke a device that is in wrong hands, and make worthless what it may hold in memory.

    The branch gets other keys, which its other devices boot anew to learn, empty lists of cards and no passes. False as
    for `revoke`.
    """
    if not await revoke(session, device_id, by):
        return False
    await rename_all(session, keys, branch)
    await forget_all(session, branch)
    await forget_all_passes(session, branch)
    ours = select(col(Device.id)).where(col(Device.branch_id) == branch.id)
    for device in await session.all(ours):
        await session.execute(delete(DeviceChannel).where(col(DeviceChannel.device_id) == device))
        session.wake(f"device:{device}")
    return True


async def devices_of(session: Session, branch_id: str) -> list[DeviceView]:
    """The branch's devices with their health, by name; revoked ones last."""
    statement = select(Device, DeviceHealth).outerjoin(DeviceHealth, col(DeviceHealth.device_id) == col(Device.id))
    rows = await session.all(statement.where(col(Device.branch_id) == branch_id).order_by(col(Device.name)))
    views = [_view(device, health) for device, health in rows]
    return sorted(views, key=lambda view: view.revoked_at is not None)


async def devices_of_many(session: Session, branch_ids: Sequence[str]) -> list[DeviceView]:
    """The devices of many branches with their health, by name; revoked ones are left out."""
    statement = select(Device, DeviceHealth).outerjoin(DeviceHealth, col(DeviceHealth.device_id) == col(Device.id))
    current = statement.where(col(Device.branch_id).in_(branch_ids), col(Device.revoked_at).is_(None))
    return [_view(device, health) for device, health in await session.all(current.order_by(col(Device.name)))]


async def device(session: Session, device_id: str) -> DeviceView | None:
    """The device with its health, or None if there is none in this scope."""
    statement = select(Device, DeviceHealth).outerjoin(DeviceHealth, col(DeviceHealth.device_id) == col(Device.id))
    rows = await session.all(statement.where(col(Device.id) == device_id))
    return _view(*rows[0]) if rows else None


def _view(row: Device, health: DeviceHealth | None) -> DeviceView:
    return DeviceView(
        id=row.id,
        kind=DeviceKind(row.kind),
        name=row.name,
        branch=row.branch_id,
        consortium=row.consortium_id,
        controller=row.controller_id,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        health=None if health is None else _health(health),
    )


def _health(row: DeviceHealth) -> Health:
    return Health(
        at=row.at,
        version=row.version,
        clock=row.clock,
        clock_ahead_seconds=row.clock_ahead_seconds,
        change=row.change,
        unsent=row.unsent,
        locked=row.locked,
        door=row.door,
        state=row.state,
        readers_lost=tuple(row.readers_lost.split()),
        hours_until=row.hours_until,
        started_at=row.started_at,
        alarms=tuple(row.alarms.split()),
        parts=tuple(row.parts.split()),
        **{name: getattr(row, name) for name in _AS_SAID},
    )


def _day(said: str) -> date | None:
    return date.fromisoformat(said) if said else None


def _moment(said: str) -> datetime | None:
    moment = datetime.fromisoformat(said) if said else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


async def take_health(session: Session, device: Known, said: HealthRequest) -> None:
    """Keep what a device says of itself in place of what it said before. ValueError if a time or day is none."""
    ahead = (datetime.fromisoformat(said.now) - session.now).total_seconds()
    values = {
        "at": session.now, "version": said.version, "clock": said.clock, "clock_ahead_seconds": ahead,
        "change": said.change, "unsent": said.unsent, "locked": said.locked, "door": said.door, "state": said.state,
        "readers_lost": " ".join(said.readers_lost), "hours_until": _day(said.hours_until),
        "started_at": _moment(said.started_at), "alarms": " ".join(said.alarms), "parts": " ".join(said.parts),
        **{name: getattr(said, name) for name in _AS_SAID},
    }  # fmt: skip
    owner = {"device_id": device.device, "consortium_id": device.consortium, "controller_id": device.controller}
    statement = session.insert(DeviceHealth).values(**owner, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["device_id"], set_=values))
    session.wake(f"branch:{device.branch}")
