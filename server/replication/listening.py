"""Whose changes each device listens to: when that changes it must start over, or it keeps what no longer concerns it.

A municipality joins a group, or leaves one, on a day. What the group decided before has numbers that the municipality's
devices have long passed, and what it decided ends at no number when they leave.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select
from sqlmodel import col

from server.db import Session
from server.replication.models import DeviceAudiences


class Listener(Protocol):
    """A device, and whose it is."""

    @property
    def device(self) -> str: ...

    @property
    def consortium(self) -> str: ...

    @property
    def controller(self) -> str: ...


async def still_listens(session: Session, device: str, audiences: Sequence[str]) -> bool:
    """Whether these are the audiences it started with; True for a device of which that is not known."""
    known = await _known(session, device)
    return known is None or known == _row(audiences)


async def listens(session: Session, device: Listener, audiences: Sequence[str]) -> None:
    """The device is given a snapshot of these audiences."""
    if await _known(session, device.device) == _row(audiences):
        return
    owner = {"device_id": device.device, "consortium_id": device.consortium, "controller_id": device.controller}
    statement = session.insert(DeviceAudiences).values(**owner, audiences=_row(audiences))
    changed = {"audiences": _row(audiences)}
    await session.execute(statement.on_conflict_do_update(index_elements=["device_id"], set_=changed))


async def _known(session: Session, device: str) -> str | None:
    statement = select(col(DeviceAudiences.audiences)).where(col(DeviceAudiences.device_id) == device)
    known: str | None = await session.scalar(statement)
    return known


def _row(audiences: Sequence[str]) -> str:
    return " ".join(sorted(audiences))
