"""What flows down: documents and rights by change number, and a snapshot to start with."""

import struct
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal

from pydantic import JsonValue

from meroppet.wire.base import Reply

Kind = Literal["branch", "policy", "schedule", "holidays", "exception", "order", "listed", "right"]
"""branch, policy, schedule and holidays are one document each (key "-"); an exception's and an order's key is its id;
a list's is "staff" or an exception's id; a right's is its subject digest in hex. See schedules for those of hours.
"""


class Upsert(Reply):
    """The newest value of one thing."""

    kind: Kind
    key: str
    value: JsonValue


class Tombstone(Reply):
    """A thing that is no more."""

    kind: Kind
    key: str


class ChangesReply(Reply):
    """GET /api/device/v1/changes?after=N: everything that changed since, to be applied with `next` in one transaction.

    `more` says that another page waits. 410 with code start_over means: take a snapshot.
    """

    upserts: tuple[Upsert, ...]
    tombstones: tuple[Tombstone, ...]
    next: int
    more: bool = False


class BranchDocument(Reply):
    """What a device tells its surroundings of the branch. `help_number` as dialled in the country."""

    id: str
    name: str
    controller: str
    consortium: str
    zone: str
    help_number: str
    accent: str = ""


class PolicyDocument(Reply):
    """The branch's policy (see meroppet.rules.eligibility.Policy)."""

    minimum_age: int
    permission: str
    categories: tuple[str, ...] | None = None
    blocks: tuple[str, ...]
    fees_limit_minor: int = 0
    pin_length: int = 4
    staffed_door: str = "card"
    release_seconds: float = 5.0
    held_open_seconds: float = 30.0
    facts_ttl_hours: int = 72
    offline_pin: bool = False


class RightDocument(Reply):
    """A patron's right at this branch."""

    permitted: bool
    valid_until: date | None = None
    suspended_until: date | None = None


# The snapshot: a line of JSON (SnapshotHeader), then the documents as one JSON line each (Upsert), then `rights`
# records of 22 bytes, sorted by digest: 16 bytes subject digest, 2 bytes flags, 2 bytes valid-until, 2 bytes
# suspended-until as days since 2020-01-01 (0 = none), big-endian.
MEDIA_TYPE = "application/vnd.meroppet.snapshot"
RECORD = struct.Struct(">16sHHH")
SUBJECT_BYTES = 16
_EPOCH = date(2020, 1, 1)
_PERMITTED = 1


class SnapshotHeader(Reply):
    """First line of a snapshot. `change` is the number at which deltas go on."""

    format: Literal["meroppet-snapshot-1"] = "meroppet-snapshot-1"
    change: int
    documents: int
    rights: int


def pack_right(subject: str, right: RightDocument) -> bytes:
    """One record of 22 bytes; ValueError if `subject` is no digest."""
    digest = bytes.fromhex(subject)
    if len(digest) != SUBJECT_BYTES:
        raise ValueError(f"a subject is {SUBJECT_BYTES} bytes, not {len(digest)}")
    return RECORD.pack(digest, _PERMITTED * right.permitted, _days(right.valid_until), _days(right.suspended_until))


def unpack_rights(records: bytes | memoryview) -> Iterator[tuple[str, RightDocument]]:
    """The rights in a snapshot's records; ValueError if the length does not fit."""
    if len(records) % RECORD.size:
        raise ValueError(f"a snapshot's records are {RECORD.size} bytes each; {len(records)} bytes is cut short")
    return (
        (raw.hex(), _right(flags, until, suspended)) for raw, flags, until, suspended in RECORD.iter_unpack(records)
    )


def _right(flags: int, until: int, suspended: int) -> RightDocument:
    return RightDocument(permitted=bool(flags & _PERMITTED), valid_until=_date(until), suspended_until=_date(suspended))


def _days(day: date | None) -> int:
    return 0 if day is None else min(max((day - _EPOCH).days, 1), 0xFFFF)


def _date(days: int) -> date | None:
    return None if days == 0 else _EPOCH + timedelta(days=days)


def write_snapshot(change: int, documents: Iterable[Upsert], rights: Iterable[tuple[str, RightDocument]]) -> bytes:
    """A whole snapshot."""
    lines = [document.model_dump_json().encode("utf-8") for document in documents]
    records = sorted(pack_right(subject, right) for subject, right in rights)
    header = SnapshotHeader(change=change, documents=len(lines), rights=len(records))
    return b"\n".join([header.model_dump_json().encode("utf-8"), *lines, b"".join(records)])


def read_snapshot(raw: bytes) -> tuple[SnapshotHeader, tuple[Upsert, ...], memoryview]:
    """Header, documents and the records (for unpack_rights); ValueError if anything is missing."""
    first, rest = _line(raw)
    header = SnapshotHeader.model_validate_json(first)
    documents = []
    for _ in range(header.documents):
        line, rest = _line(rest)
        documents.append(Upsert.model_validate_json(line))
    if len(rest) != header.rights * RECORD.size:
        raise ValueError(f"the snapshot says {header.rights} rights but holds {len(rest) / RECORD.size:g}")
    return header, tuple(documents), memoryview(rest)


def _line(raw: bytes) -> tuple[bytes, bytes]:
    line, end, rest = raw.partition(b"\n")
    if not end:
        raise ValueError("the snapshot is cut short in a line")
    return line, rest
