"""Alarms that the server raises by itself about a door."""

import json

from sqlmodel import col

from meroppet.rules.event import Event
from server.db import Session
from server.devices.service import DeviceView
from server.journal.models import DoorAlarm

BY_SERVER = "server"
"""What stands in place of a journal's epoch."""


async def raise_alarm(session: Session, device: DeviceView, event: Event, number: int) -> None:
    """Have staff of the device's branch look, once for each number of a kind."""
    values = {
        "device_id": device.id, "epoch": f"{BY_SERVER}.{event.kind}", "seq": number, "branch_id": device.branch,
        "consortium_id": device.consortium, "controller_id": device.controller, "kind": event.kind,
        "detail": json.dumps(event.detail()), "at": session.now, "received_at": session.now,
    }  # fmt: skip
    fresh = session.insert(DoorAlarm).values(**values).on_conflict_do_nothing().returning(col(DoorAlarm.seq))
    if (await session.execute(fresh)).all():
        session.wake(f"branch:{device.branch}")
