"""Two processes with one identity, as after somebody copied a door's card: found by their boots, and both shut out.

A device that starts anew takes the place of its last run, which is gone and says nothing more. A run that comes back
after another took its place lives beside it. A request that was on its way when its process ended may come late once;
so neither is believed before one of them has come back twice.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select
from sqlmodel import col

from server.audit.service import record
from server.db import Scope, Session
from server.devices.models import Device, DeviceBoot
from server.devices.service import DeviceView, devices_of, revoke

CLONED = "cloned"
"""What stands in place of an account where a device was shut out because there were two of it."""
WITHIN = timedelta(seconds=60)
_TOLD_FOR = timedelta(days=30)


class Booted(Protocol):
    """A device that has just booted, and whose it is."""

    @property
    def device(self) -> str: ...

    @property
    def branch(self) -> str: ...

    @property
    def scope(self) -> Scope: ...


async def is_cloned(session: Session, device: str) -> bool:
    """Whether the newest boots of a device are those of two runs in turn."""
    lately = (col(DeviceBoot.device_id) == device, col(DeviceBoot.at) > session.now - WITHIN)
    boots = await session.all(select(col(DeviceBoot.boot)).where(*lately))
    return are_of_two(boots)


def are_of_two(boots: Sequence[str]) -> bool:
    """Whether boots, each `run.name`, say that two runs live: both came back, and one of them twice."""
    runs = Counter(boot.partition(".")[0] for boot in boots if "." in boot)
    returned = sorted((count for count in runs.values() if count > 1), reverse=True)
    return len(returned) > 1 and returned[0] > 2


async def fence(session: Session, caller: Booted) -> None:
    """Shut both out until staff enrol the one that is right; it is written down where staff look."""
    if await revoke(session, caller.device, CLONED):
        await record(session, "device.cloned", CLONED, caller.scope, {"device": caller.device}, branch=caller.branch)


async def cloned(session: Session, branch: str) -> list[DeviceView]:
    """The devices of a branch that were shut out lately because there were two of each."""
    since = session.now - _TOLD_FOR
    whose = (col(Device.branch_id) == branch, col(Device.revoked_by) == CLONED, col(Device.revoked_at) > since)
    found = set(await session.all(select(col(Device.id)).where(*whose)))
    return [view for view in await devices_of(session, branch) if view.id in found]
