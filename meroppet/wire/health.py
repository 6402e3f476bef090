"""How a device says it is well."""

from meroppet.wire.base import Reply, Request


class HealthRequest(Request):
    """POST /api/device/v1/health. `locked` is lockd's word, None if it does not answer or there is no lock.

    `hours_until` is the last day about whose hours the device knows anything; empty where it has none or no such day.
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


class HealthReply(Reply):
    """The server's time, and its newest change number for this device."""

    now: str
    change: int
