"""What is wrong with a device, by its own word: a pure rule, and the same for staff pages and for monitoring."""

from dataclasses import dataclass
from enum import StrEnum

from server.devices.service import Health

CLOCK_OFF_SECONDS = 5.0
"""A heartbeat may wait 3 s for whoever is being identified, and its time of writing is older by that."""
FAST_PPM = 200.0
"""More than twice what a cheap crystal strays: 17 s a day."""
HOT_CELSIUS = 75.0
"""Small computers slow themselves down from 80 °C on."""
DISK_LOW_BYTES = 200 * 2**20
WAITS_TOO_LONG_SECONDS = 300.0
CRASHES_TOLD = 3


class Trouble(StrEnum):
    """What a person can do something about."""

    STORAGE_FULL = "storage_full"
    STORAGE_READ_ONLY = "storage_read_only"
    STORAGE_BROKEN = "storage_broken"
    DISK_LOW = "disk_low"
    READER = "reader"
    LOCK = "lock"
    CLOCK = "clock"
    CLOCK_UNKNOWN = "clock_unknown"
    DRIFT = "drift"
    QUEUE = "queue"
    LAST_GOOD = "last_good"
    CRASHES = "crashes"
    HOT = "hot"


@dataclass(frozen=True, slots=True)
class Troubled:
    """One thing that is wrong. `figure`: its measure, in the unit of the trouble's threshold, or a count."""

    trouble: Trouble
    figure: float = 0.0
    what: str = ""
    """A port's name, or the device's own sentence for an installer."""


_STORAGE = {"full": Trouble.STORAGE_FULL, "read_only": Trouble.STORAGE_READ_ONLY}


def troubles(health: Health, *, has_lock: bool) -> tuple[Troubled, ...]:
    """What is wrong, the worst first; nothing for a device that is well, or too old to say."""
    return (
        *_of_the_disk(health),
        *_of_the_door(health, has_lock=has_lock),
        *_of_the_clock(health),
        *_of_the_run(health),
    )


def _of_the_disk(health: Health) -> list[Troubled]:
    if health.storage:
        return [Troubled(_STORAGE.get(health.storage, Trouble.STORAGE_BROKEN), what=health.storage)]
    if health.disk_free is not None and health.disk_free < DISK_LOW_BYTES:
        return [Troubled(Trouble.DISK_LOW, health.disk_free)]
    return []


def _of_the_door(health: Health, *, has_lock: bool) -> list[Troubled]:
    lost = [Troubled(Trouble.READER, what=port) for port in health.readers_lost]
    return [*([Troubled(Trouble.LOCK)] if has_lock and health.locked is None else []), *lost]


def _of_the_clock(health: Health) -> list[Troubled]:
    found = []
    if health.clock == "none":
        found.append(Troubled(Trouble.CLOCK_UNKNOWN))
    if abs(health.clock_ahead_seconds) > CLOCK_OFF_SECONDS:
        found.append(Troubled(Trouble.CLOCK, health.clock_ahead_seconds))
    elif health.drift_ppm is not None and abs(health.drift_ppm) > FAST_PPM:
        found.append(Troubled(Trouble.DRIFT, health.drift_ppm))
    return found


def _of_the_run(health: Health) -> list[Troubled]:
    found = []
    if health.config == "last_good":
        found.append(Troubled(Trouble.LAST_GOOD, health.crashes, health.trouble))
    elif health.crashes >= CRASHES_TOLD:
        found.append(Troubled(Trouble.CRASHES, health.crashes, health.trouble))
    if health.queue is not None and health.queue > WAITS_TOO_LONG_SECONDS:
        found.append(Troubled(Trouble.QUEUE, health.queue))
    if health.temperature is not None and health.temperature >= HOT_CELSIUS:
        found.append(Troubled(Trouble.HOT, health.temperature))
    return found
