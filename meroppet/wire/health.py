"""How a device says it is well."""

from meroppet.wire.base import Reply, Request


class HealthRequest(Request):
    """POST /api/device/v1/health. `locked` is lockd's word, None if it does not answer or there is no lock.

    `hours_until` is the last day about whose hours the device knows anything; empty where it has none or no such day.

    What newer devices add, each None, empty or 0 where it is not known: `queue`, seconds the oldest unsent row has
    waited; `disk_free` and `memory` in bytes; `temperature` in °C; `clock_ahead`, seconds of the device's clock before
    the server's when last compared, and `drift_ppm`, how fast it runs against it; `started_at` (ISO 8601, UTC);
    `storage`, why nothing can be written (full, read_only, broken, slow); `config`, "last_good" where the device runs
    by its last good settings; `crashes` since those were good; `inside`, people counted; `alarms`, what is raised (see
    meroppet.rules.alarms); `armed`, the intruder alarm; `epoch` and `last`, the journal and its newest number;
    `trouble`, a sentence for the installer; `parts`, versions of what runs beside, as name=version.
    """

    version: str
    now: str
    clock: str
    change: int
    unsent: int
    locked: bool | None = None
    door: str = ""
    state: str = ""
    readers_lost: tuple[str, ...] = ()
    hours_until: str = ""
    queue: float | None = None
    disk_free: int | None = None
    memory: int | None = None
    temperature: float | None = None
    clock_ahead: float | None = None
    drift_ppm: float | None = None
    started_at: str = ""
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


class HealthReply(Reply):
    """The server's time, and its newest change number for this device."""

    now: str
    change: int
