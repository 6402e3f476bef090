"""The chain of a journal: every row names the one before, so that none can be exchanged, left out or moved unnoticed.

    hash(0) = SHA-256("meroppet-journal-1" LF epoch)
    hash(n) = SHA-256(hash(n-1) in hex LF canonical bytes of row n)

The canonical bytes are the JSON array [seq, wall, monotonic, boot, clock, kind, subject, detail] in ASCII (everything
else as \\uXXXX), without blanks, the keys of `detail` in the order of their code points, numbers in the shortest form
that is read as the same number again. The chain has no key: it proves what a server has seen, whose head it signs.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

Scalar = str | int | float | bool | None


class Entry(NamedTuple):
    """What of a row is chained, in its order."""

    seq: int
    wall: str
    monotonic: float
    boot: str
    clock: str
    kind: str
    subject: str
    detail: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Link:
    """One row's place in the chain. `made` is the hash its contents come to, empty where they cannot be read.

    `origin` says where and when it was written: two rows of one number and different origins are not the same row. All
    are empty where they are not known; a device of an older version chains nothing.
    """

    prev: str = ""
    hash: str = ""
    made: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row up to which everything is known, and its hash; empty in a journal that is not chained."""

    seq: int = 0
    hash: str = ""


def genesis(epoch: str) -> str:
    """What the first row of an epoch names as the one before it."""
    return sha256(f"meroppet-journal-1\n{epoch}".encode()).hexdigest()


def canonical(entry: Entry) -> bytes:
    """The bytes of a row that are hashed."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), allow_nan=True).encode("ascii")


def row_hash(prev: str, entry: Entry) -> str:
    """The hash of a row that follows the one with the hash `prev`."""
    return sha256(prev.encode("ascii") + b"\n" + canonical(entry)).hexdigest()


def link(entry: Entry, prev: str, claimed: str) -> Link:
    """The place a row claims, beside the hash its contents come to."""
    return Link(prev, claimed, row_hash(prev, entry), origin(entry.boot, entry.monotonic))


def origin(boot: str, monotonic: float) -> str:
    """Where and when a row was written: the run of the device, and the seconds into it."""
    return f"{boot} {float(monotonic)!r}"


def broken_at(
    epoch: str,
    told: Mapping[int, Link],
    kept: Mapping[int, Link],
    head: Head,
    waited_for: Callable[[int], bool] = lambda _: False,
) -> int | None:
    """The first number at which `told` is not the journal that `kept` and `head` are of; None if all of it is.

    `kept` holds what is still known of the told rows and of their neighbours. Rows up to the head that are not known
    any more must lead to the head by what is told, or nobody can say that they are the same; but for those that never
    came (`waited_for`).
    """
    known = dict(kept)
    if head.hash:
        known.setdefault(head.seq, Link(hash=head.hash))
    unproven: int | None = None
    for seq, claimed in sorted(told.items()):
        leads_on = unproven is None or seq - 1 in told
        if not (leads_on and _is_whole(claimed, head) and _fits(epoch, seq, claimed, known)):
            return seq if unproven is None else unproven
        if seq in known:
            unproven = None
        elif seq < head.seq and head.hash and not waited_for(seq):
            unproven = unproven or seq
        known[seq] = claimed
    return unproven


def first_fault(epoch: str, rows: Iterable[tuple[int, Link]], head: Head) -> int | None:
    """The first number at which a whole journal, oldest row first, is not what was written and not what `head` says.

    Rows older than the first may have been forgotten; none in between, and not the head if it is newer.
    """
    last, before = 0, genesis(epoch)
    for seq, claimed in rows:
        if last == 0 and seq > 1:
            last, before = seq - 1, claimed.prev
        is_right = seq == last + 1 and claimed.prev == before and claimed.made == claimed.hash
        if not is_right or (seq == head.seq and claimed.hash != head.hash):
            return last + 1
        last, before = seq, claimed.hash
    return last + 1 if last < head.seq else None


def _is_whole(claimed: Link, head: Head) -> bool:
    if not claimed.hash:
        # A journal that was chained stays so: an old copy of the device's software would hide an old copy of its rows.
        return not head.hash
    return claimed.made in {"", claimed.hash}


def _fits(epoch: str, seq: int, claimed: Link, known: Mapping[int, Link]) -> bool:
    before = Link(hash=genesis(epoch)) if seq == 1 else known.get(seq - 1, Link())
    return (
        _agree(claimed.prev if claimed.hash else "", before.hash)
        and _agree(claimed.hash, known.get(seq + 1, Link()).prev)
        and _is_same(claimed, known.get(seq, Link()))
    )


def _is_same(claimed: Link, kept: Link) -> bool:
    if claimed.hash and kept.hash:
        return claimed.hash == kept.hash
    return _agree(claimed.origin, kept.origin)


def _agree(one: str, other: str) -> bool:
    """Whether two words for the same thing are the same, where both are known."""
    return not one or not other or one == other
