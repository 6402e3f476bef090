"""What flows down: documents and rights by change number, and a snapshot to start with."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

from pydantic import JsonValue

from meroppet.rules.terms import TermsStanding
from meroppet.wire.base import Document, Reply
from meroppet.wire.weekly import WeeklyDocument
from meroppet.wire.written import Name

Kind = Literal[
    "branch",
    "policy",
    "schedule",
    "holidays",
    "exception",
    "order",
    "listed",
    "right",
    "pass",
    "lock",
    "acknowledged",
    "cards",
]
"""branch, policy, schedule, holidays and cards are one document each (key "-"); an exception's and an order's key is
its id; a list's is "staff", an exception's id or "group:" and a group's key; a right's and a lock's is a subject digest
in hex, a pass's the digest of its tag or code, an acknowledgement's the id of the device. See `schedules` for those of
hours, `access` for passes, locks and acknowledgements, and `cards`.
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


class GroupHoursDocument(Document):
    """Hours at which a group may come in although the branch is closed by its hours; its list is "group:<list_key>"."""

    list_key: Name
    name: str = ""
    weekly: WeeklyDocument


class PolicyDocument(Document):
    """The branch's policy (see meroppet.rules.policy.Policy); one with a rule a device does not know is none to it."""

    minimum_age: int
    guardian_below: int | None = None
    permission: str
    categories: tuple[str, ...] | None = None
    blocks: tuple[str, ...]
    fees_limit_minor: int = 0
    terms_required: bool = False
    introduction_required: bool = False
    homes: tuple[str, ...] | None = None
    guests: str = "allowed"
    companions: str = "none"
    maximum_inside: int | None = None
    group_hours: tuple[GroupHoursDocument, ...] = ()
    number_entry: bool = False
    pin_length: int = 4
    pin_check: str = "ils_first"
    without_connection: str = "refuse"
    weak_pins: str = "refuse"
    staffed_door: str = "card"
    release_seconds: float = 5.0
    held_open_seconds: float = 30.0
    pre_alarm_seconds: float = 10.0
    extended_seconds: float = 20.0
    extended_held_seconds: float = 60.0
    facts_ttl_hours: int = 72
    offline_pin: bool = False


class RightDocument(Reply):
    """What a device is told of a patron at this branch (see meroppet.rules.eligibility.Right): flags and days only."""

    permitted: bool | None
    valid_until: date | None = None
    suspended_until: date | None = None
    terms: TermsStanding = TermsStanding.NOT_ASKED
    terms_until: date | None = None
    introduced: bool = False
    guardian_consent: bool = False
    guest_approved: bool = False
    facts_ok_until: date | None = None
    extended: bool = False


# The snapshot: a line of JSON (SnapshotHeader), then the documents as one JSON line each (Upsert), then `rights`
# records of 26 bytes, sorted by digest: 16 bytes subject digest, 2 bytes flags, and as days since 2020-01-01 in 2 bytes
# each (0 = none) valid-until, suspended-until, terms-until and facts-ok-until; big-endian.
# The flags: 0x01 permitted, 0x02 staff have said so or otherwise, 0x04 introduced, 0x08 a guardian has agreed,
# 0x10 approved as a guest, 0x20 the door stays released for longer, and in 0x700 the standing to the terms by its
# place in _STANDINGS.
MEDIA_TYPE = "application/vnd.meroppet.snapshot"
RECORD = struct.Struct(">16sHHHHH")
SUBJECT_BYTES = 16
_EPOCH = date(2020, 1, 1)
_PERMITTED, _SAID, _INTRODUCED, _GUARDIAN, _GUEST, _EXTENDED = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_TERMS_SHIFT, _TERMS_MASK = 8, 0x700
_STANDINGS = (
    TermsStanding.NOT_ASKED,
    TermsStanding.NOT_NEEDED,
    TermsStanding.PENDING,
    TermsStanding.ACCEPTED,
    TermsStanding.DECLINED,
    TermsStanding.WITHDRAWN,
)


class SnapshotHeader(Reply):
    """First line of a snapshot. `change` is the number at which deltas go on."""

    format: Literal["meroppet-snapshot-2"] = "meroppet-snapshot-2"
    change: int
    documents: int
    rights: int


def pack_right(subject: str, right: RightDocument) -> bytes:
    """One record of 26 bytes; ValueError if `subject` is no digest."""
    digest = bytes.fromhex(subject)
    if len(digest) != SUBJECT_BYTES:
        raise ValueError(f"a subject is {SUBJECT_BYTES} bytes, not {len(digest)}")
    days = (right.valid_until, right.suspended_until, right.terms_until, right.facts_ok_until)
    return RECORD.pack(digest, _flags(right), *(_days(day) for day in days))


def unpack_rights(records: bytes | memoryview) -> Iterator[tuple[str, RightDocument]]:
    """The rights in a snapshot's records; ValueError if the length does not fit or a flag means nothing."""
    if len(records) % RECORD.size:
        raise ValueError(f"a snapshot's records are {RECORD.size} bytes each; {len(records)} bytes is cut short")
    return ((raw.hex(), _right(flags, days)) for raw, flags, *days in RECORD.iter_unpack(records))


def _flags(right: RightDocument) -> int:
    return (
        _PERMITTED * (right.permitted is True)
        | _SAID * (right.permitted is not None)
        | _INTRODUCED * right.introduced
        | _GUARDIAN * right.guardian_consent
        | _GUEST * right.guest_approved
        | _EXTENDED * right.extended
        | _STANDINGS.index(right.terms) << _TERMS_SHIFT
    )


def _right(flags: int, days: Sequence[int]) -> RightDocument:
    valid_until, suspended_until, terms_until, facts_ok_until = (_date(day) for day in days)
    standing = (flags & _TERMS_MASK) >> _TERMS_SHIFT
    if standing >= len(_STANDINGS):
        raise ValueError(f"a snapshot's record says {standing} of the terms, which means nothing")
    # Not checked again: a branch has a hundred thousand of them, and each part was made here.
    return RightDocument.model_construct(
        permitted=bool(flags & _PERMITTED) if flags & _SAID else None,
        valid_until=valid_until,
        suspended_until=suspended_until,
        terms=_STANDINGS[standing],
        terms_until=terms_until,
        introduced=bool(flags & _INTRODUCED),
        guardian_consent=bool(flags & _GUARDIAN),
        guest_approved=bool(flags & _GUEST),
        facts_ok_until=facts_ok_until,
        extended=bool(flags & _EXTENDED),
    )


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
