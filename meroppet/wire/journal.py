"""What flows up: journal rows, each exactly once by (device, epoch, seq)."""

from typing import Literal

from pydantic import Field

from meroppet.wire.base import Reply, Request

BATCH = 100


class Row(Request):
    """One event. `wall` is ISO 8601 in UTC as the device believed, `clock` how far that was trusted.

    `subject` is the patron's or card's digest under the branch's key (32 hex digits) or empty.
    """

    seq: int = Field(ge=1)
    wall: str
    monotonic: float
    boot: str
    clock: str
    kind: str
    subject: str = ""
    detail: dict[str, str | int | float | bool | None] = Field(default_factory=dict)


class JournalRequest(Request):
    """POST /api/device/v1/journal: rows of one epoch in order."""

    epoch: str
    rows: tuple[Row, ...] = Field(max_length=BATCH)


class Parked(Reply):
    """A row the server keeps aside for staff because it cannot be understood."""

    seq: int
    why: str


class JournalReply(Reply):
    """Everything of the epoch up to here is durable at the server, parked rows included."""

    acked_through: int
    parked: tuple[Parked, ...] = ()
    status: Literal["ok"] = "ok"
