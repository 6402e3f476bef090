"""A disk that loses power: what was written and synced, in order, and every file system it may wake up with.

Only what the rules of a file system promise is promised here (reliability of fsync(2), POSIX): a file's content is kept
as far as it was synced, a name as far as its folder was. What came after may be there whole, in part, in 512-byte
sectors, out of order, or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at a place of a file; the file is made if it is not there."""

    name: str
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    """A file gets a size, zeroes behind its content or its end cut off; it is made if it is not there."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """A file's content is durable from here on."""

    name: str


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """Which names there are is durable from here on."""


@dataclass(frozen=True, slots=True)
class Delete:
    """A name is gone."""

    name: str


@dataclass(frozen=True, slots=True)
class Rename:
    """A file gets another name, and whatever had that name loses it."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody outside was told something, which must be true for ever after."""

    what: str


Op = Write | Resize | Sync | SyncFolder | Delete | Rename | Told
How = Literal["all", "none", "subset", "torn", "reordered"]
HOW: tuple[How, ...] = ("all", "none", "subset", "torn", "reordered")


@dataclass(slots=True)
class File:
    """What of a file is durable, and what came after."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Resize] = field(default_factory=list)

    def sync(self) -> None:
        """All that came is durable."""
        for op in self.pending:
            apply(self.durable, op)
        self.pending.clear()

    def image(self, how: How, draw: Random) -> bytes:
        """The content after a power cut."""
        content = bytearray(self.durable)
        for op in _survivors(self.pending, how, draw):
            apply(content, op)
        return bytes(content)


class Disk:
    """One folder."""

    def __init__(self) -> None:
        self.now: dict[str, File] = {}
        self.durable: dict[str, File] = {}
        self.told: list[str] = []

    def do(self, op: Op) -> None:
        """Take one operation."""
        match op:
            case Write(name) | Resize(name):
                self.now.setdefault(name, File()).pending.append(op)
            case Sync(name):
                self.now.setdefault(name, File()).sync()
            case SyncFolder():
                self.durable = dict(self.now)
            case Delete(name):
                self.now.pop(name, None)
            case Rename(name, to):
                self.now[to] = self.now.pop(name)
            case Told(what):
                self.told.append(what)

    @property
    def is_quiet(self) -> bool:
        """Whether a power cut now can have one outcome only."""
        return self.now == self.durable and not any(file.pending for file in self.now.values())

    def image(self, how: How, draw: Random) -> dict[str, bytes]:
        """One folder that the machine may wake up with."""
        folder = {}
        for name in sorted(self.now.keys() | self.durable.keys()):
            new = how == "all" or (how != "none" and draw.random() < 0.5)
            file = (self.now if new else self.durable).get(name)
            if file is not None:
                folder[name] = file.image(how, draw)
        return folder


def apply(content: bytearray, op: Write | Resize) -> None:
    """Change a file's content."""
    match op:
        case Resize(_, size):
            del content[size:]
            content.extend(bytes(size - len(content)))
        case Write(_, at, data):
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(data)] = data


def _survivors(pending: Sequence[Write | Resize], how: How, draw: Random) -> Iterable[Write | Resize]:
    if how == "none":
        return
    chosen = [op for op in pending if how == "all" or draw.random() < 0.5]
    if how == "reordered":
        draw.shuffle(chosen)
    for op in chosen:
        if how == "torn" and isinstance(op, Write):
            yield from _torn(op, draw)
        else:
            yield op


def _torn(op: Write, draw: Random) -> Iterable[Write]:
    """Those of a write's sectors that reached the disk."""
    at = op.at
    while at < op.at + len(op.data):
        end = min(op.at + len(op.data), (at // SECTOR + 1) * SECTOR)
        if draw.random() < 0.5:
            yield Write(op.name, at, op.data[at - op.at : end - op.at])
        at = end
