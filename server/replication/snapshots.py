"""The snapshot a device starts with: built once for each state of a branch, kept as a file, served with Range."""

import asyncio
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from meroppet.wire.changes import RightDocument, Upsert, write_snapshot
from server.db import Database, Scope
from server.replication.service import newest, position, standing

_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file and its ETag. The same ETag always means the same bytes, so a cut download can go on."""

    file: Path
    etag: str


class Snapshots:
    """The snapshot files of one server. They hold keyed digests of right-holders: for the server's user only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._building = asyncio.Lock()

    async def of_branch(self, database: Database, scope: Scope, branch: str, audiences: Sequence[str]) -> Snapshot:
        """The newest snapshot for a branch, built now if the last one is out of date."""
        async with self._building:
            return await self._current(database, scope, branch, audiences)

    async def _current(self, database: Database, scope: Scope, branch: str, audiences: Sequence[str]) -> Snapshot:
        consortium = scope.consortium or ""
        async with database.reading(scope) as session:
            # The position first: what is committed meanwhile is then told once more as a change, never left out.
            at = await position(session, consortium)
            version = await newest(session, consortium, audiences)
            stem, whose = _NAME.sub("_", branch), _digest(audiences)
            found = self._usable(stem, version, whose, at.forgotten)
            if found is not None:
                return found
            told = await standing(session, consortium, audiences)
        return await asyncio.to_thread(self._build, stem, f"{version}.{at.number}.{whose}", at.number, told)

    def _usable(self, stem: str, version: int, whose: str, forgotten: int) -> Snapshot | None:
        for file in self._folder.glob(f"{stem}.{version}.*.{whose}.snapshot"):
            if int(file.name.split(".")[2]) >= forgotten:
                return _snapshot(file)
        return None

    def _build(self, stem: str, state: str, change: int, told: list[Upsert]) -> Snapshot:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        documents = [item for item in told if item.kind != "right"]
        rights = [(item.key, RightDocument.model_validate(item.value)) for item in told if item.kind == "right"]
        raw = write_snapshot(change, documents, rights)
        file = self._folder / f"{stem}.{state}.snapshot"
        half = file.with_suffix(".new")
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(raw)
        for old in self._folder.glob(f"{stem}.*.snapshot"):
            # A download that has begun holds the file open and is not disturbed.
            old.unlink(missing_ok=True)
        half.replace(file)
        return _snapshot(file)


def _digest(audiences: Sequence[str]) -> str:
    # Who joins a group that decided something long ago has no newer change by it, and yet another snapshot.
    return hashlib.sha256(" ".join(sorted(audiences)).encode("utf-8")).hexdigest()[:8]


def _snapshot(file: Path) -> Snapshot:
    return Snapshot(file, f'"{file.stem}"')
