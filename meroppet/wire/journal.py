"""What flows up: journal rows, each exactly once by (device, epoch, seq), chained so that none can be exchanged.

Chain and canonical bytes: meroppet.rules.chain. Devices of versions before it send neither `prev` nor `hash`.
"""

from typing import Literal

from pydantic import Field

from meroppet.wire.base import Reply, Request

BATCH = 100
_HASH = r"^([0-9a-f]{64})?$"


class Row(Request):
    """One event. `wall` is ISO 8601 in UTC as the device believed, `clock` how far that was trusted.

    `subject` is the patron's or card's digest under the branch's key (32 hex digits) or empty. `prev` is the hash of
    the row before, `hash` the row's own; both empty from a device that does not chain.
    """

    seq: int = Field(ge=1)
    wall: str
    monotonic: float
    boot: str
    clock: str
    kind: str
    subject: str = ""
    detail: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    prev: str = Field(default="", pattern=_HASH)
    hash: str = Field(default="", pattern=_HASH)


class JournalRequest(Request):
    """POST /api/device/v1/journal: rows of one epoch in order."""

    epoch: str
    rows: tuple[Row, ...] = Field(max_length=BATCH)


class Parked(Reply):
    """A row the server keeps aside for staff because it cannot be understood."""

    seq: int
    why: str


class JournalHead(Reply):
    """The newest row of the epoch the server holds without a gap, and its word for it.

    `signature` is Ed25519, base64, over meroppet.wire.signing.head_bytes, by the key in BootReply.sign_public.
    """

    seq: int
    hash: str
    signature: str


class JournalReply(Reply):
    """Everything of the epoch up to here is durable at the server, parked rows included.

    `begin_anew`: what follows is not the continuation of what the server holds; the device is to begin a new epoch
    with everything behind `acked_through`. `head` is left out while the newest row is of a device that did not chain.
    """

    acked_through: int
    parked: tuple[Parked, ...] = ()
    status: Literal["ok"] = "ok"
    head: JournalHead | None = None
    begin_anew: bool = False
