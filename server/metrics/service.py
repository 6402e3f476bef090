"""What is measured: how each device is by its own word, and how each register last answered.

No persons, and no counts of visits: those are statistics, with rules of their own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from meroppet.runtime.exposition import Family, gauge
from meroppet.wire.enrolment import DeviceKind
from server.db import Database, unscoped
from server.devices.service import DeviceView, Health, devices_of_many
from server.devices.troubles import troubles
from server.organisations.service import branches
from server.registers.service import RegisterView

ALL = unscoped("whoever runs the server sees to all its devices")

Labels = dict[str, str]


async def device_families(database: Database) -> list[Family]:
    """How every device is that has not been shut out."""
    async with database.reading(ALL) as session:
        views = await devices_of_many(session, [branch.id for branch in await branches(session)])
        return _of_devices(views, session.now)


def _of_devices(views: Sequence[DeviceView], now: datetime) -> list[Family]:
    heard = [(_labels(view), view.health) for view in views if view.health is not None]
    return [
        gauge("meroppet_device_up", "1: heard of lately", ((_labels(v), float(not v.is_silent(now))) for v in views)),
        *_of_health(heard, now),
        gauge("meroppet_device_trouble", "1 for each thing wrong that a person can do something about", _wrong(views)),
    ]


def _of_health(heard: Sequence[tuple[Labels, Health]], now: datetime) -> list[Family]:
    def each(name: str, about: str, values: Iterable[float | None]) -> Family:
        labels = (labels for labels, _ in heard)
        return gauge(f"meroppet_device_{name}", about, zip(labels, values, strict=True))

    health = [one for _, one in heard]
    return [
        each("last_seen_seconds", "Since it was heard of", ((now - one.at).total_seconds() for one in health)),
        each("unsent_events", "Journal rows that wait in it", (float(one.unsent) for one in health)),
        each("queue_seconds", "How long its oldest unsent row has waited", (one.queue for one in health)),
        each("clock_ahead_seconds", "Its clock before the server's", (one.clock_ahead_seconds for one in health)),
        each("clock_drift_ppm", "How fast its clock runs", (one.drift_ppm for one in health)),
        each("temperature_celsius", "The warmest that it measures in itself", (one.temperature for one in health)),
        each("disk_free_bytes", "Room on its disk", (one.disk_free for one in health)),
        each("memory_bytes", "Memory of its program", (one.memory for one in health)),
        each("failed_starts", "Failed starts since it last ran well", (float(one.crashes) for one in health)),
        each("storage_failed", "1: it cannot write its journal", (float(bool(one.storage)) for one in health)),
    ]


def _wrong(views: Sequence[DeviceView]) -> Iterable[tuple[Labels, float]]:
    for view in views:
        found = troubles(view.health, has_lock=view.kind is DeviceKind.DOOR) if view.health else ()
        for name in sorted({each.trouble.value for each in found}):
            yield {**_labels(view), "trouble": name}, 1.0


def _labels(view: DeviceView) -> Labels:
    return {"device": view.id, "name": view.name, "branch": view.branch, "kind": view.kind.value}


def register_families(registers: Sequence[RegisterView]) -> list[Family]:
    """Whether each branch's connection to its library system answered when it was last used."""
    asked = [
        ({"register": view.id, "branch": contact.branch}, contact.health)
        for view in registers
        for contact in view.contacts
        if contact.health is not None
    ]
    up = ((labels, float(health.cause is None and not health.is_resting)) for labels, health in asked)
    latency = ((labels, health.latency) for labels, health in asked)
    return [
        gauge("meroppet_register_up", "1: it answered when it was last asked", up),
        gauge("meroppet_register_latency_seconds", "How long its last answer took", latency),
    ]
