"""Whether the devices of some branches have a change, and from when each would run out of hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from meroppet.wire.enrolment import DeviceKind
from server.db import Session
from server.devices.service import devices_of_many
from server.organisations.service import BranchView
from server.replication.service import number_of
from server.schedules.history import ChangeView
from server.schedules.things import kind_of


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A device and whether it has a change. `heard` None: never; `hours_until` None: it has none, or did not say."""

    branch: BranchView
    device: str
    name: str
    kind: DeviceKind
    has_it: bool
    heard: datetime | None
    is_silent: bool
    hours_until: date | None


async def delivery(session: Session, branches: Sequence[BranchView], number: int) -> list[DeliveryRow]:
    """The devices of the branches, by branch (as given) and name, and whether each has come to a change number."""
    order = {view.id: place for place, view in enumerate(branches)}
    known = {view.id: view for view in branches}
    rows = []
    for device in await devices_of_many(session, list(order)):
        health = device.health
        rows.append(
            DeliveryRow(
                branch=known[device.branch],
                device=device.id,
                name=device.name,
                kind=device.kind,
                has_it=health is not None and health.change >= number,
                heard=health.at if health else None,
                is_silent=device.is_silent(session.now),
                hours_until=health.hours_until if health else None,
            )
        )
    return sorted(rows, key=lambda row: (order[row.branch.id], row.name))


async def number_of_change(session: Session, change: ChangeView) -> int:
    """The number under which devices heard of the thing last, so of this change or a later one; 0 for a draft."""
    kind = kind_of(change.what)
    if kind is None:
        return 0
    at = change.target
    return await number_of(session, at.consortium, at.id, kind, change.key)
