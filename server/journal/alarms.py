"""An alarm the server finds itself, beside those the devices' journals bring."""

from sqlalchemy import func, select
from sqlmodel import col

from server.db import Session
from server.devices.service import device
from server.journal.models import DoorAlarm

_OF_THE_SERVER = "server"
"""The epoch of what no journal told."""


async def raise_alarm(session: Session, device_id: str, *, kind: str) -> None:
    """Tell staff of something about a device, until one of them has looked."""
    view = await device(session, device_id)
    if view is None:
        # Removed meanwhile, and its guesses with it.
        return
    highest = select(func.max(col(DoorAlarm.seq))).where(
        col(DoorAlarm.device_id) == device_id, col(DoorAlarm.epoch) == _OF_THE_SERVER
    )
    session.add(
        DoorAlarm(
            consortium_id=view.consortium,
            controller_id=view.controller,
            device_id=device_id,
            epoch=_OF_THE_SERVER,
            seq=int(await session.scalar(highest) or 0) + 1,
            branch_id=view.branch,
            kind=kind,
            at=session.now,
            received_at=session.now,
        )
    )
    await session.flush()
    session.wake(f"branch:{view.branch}")
