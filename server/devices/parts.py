"""What the device API is made of: handed to its app once, found by its routes."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from meroppet.runtime.clock import Clock
from server.attempts.asking import Desk
from server.attempts.borrowers import Borrowers
from server.db import Database
from server.devices.rates import Rates
from server.devices.turns import Turns
from server.keys import KeyRing
from server.registers.service import Registers
from server.replication.hub import Hub
from server.replication.latest import Latest
from server.replication.snapshots import Snapshots

PULSE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class DeviceParts:
    """One process's parts behind the device API."""

    database: Database
    keys: KeyRing
    hub: Hub
    registers: Registers
    clock: Clock
    snapshots: Snapshots
    heartbeat_seconds: int = 15
    poll_seconds: int = 60
    turns: Turns = field(init=False)
    rates: Rates = field(init=False)
    borrowers: Borrowers = field(init=False)
    desk: Desk = field(init=False)
    latest: Latest = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", Turns())
        object.__setattr__(self, "rates", Rates(self.clock))
        object.__setattr__(self, "borrowers", Borrowers(self.clock))
        object.__setattr__(self, "desk", Desk(self.database, self.keys, self.clock))
        object.__setattr__(self, "latest", Latest(self.database, self.hub))

    @property
    def pulse_seconds(self) -> int:
        """How often a quiet stream says that it stands: three silences in a row are a dead link, found within 10 s."""
        return min(PULSE_SECONDS, self.heartbeat_seconds)


def _parts(request: Request) -> DeviceParts:
    parts = request.app.state.parts
    assert isinstance(parts, DeviceParts)  # noqa: S101 (narrowing: device_api sets it)
    return parts


Parts = Annotated[DeviceParts, Depends(_parts)]
