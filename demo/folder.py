"""The demo's run folder: what is kept between runs, and the short-lived folder of its sockets."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.errors import CannotStart

NEEDED_BYTES = 64 * 1024 * 1024
"""Databases, keys and logs of a long demo fit in this."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where everything of one run lies. Sockets have their own folder: their addresses may only be 107 bytes long."""

    root: Path
    sockets: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def clock(self) -> Path:
        """The seconds that every process's clock is turned by."""
        return self.root / "clock"

    @property
    def seeded(self) -> Path:
        """Stands when the server's database was filled to the end."""
        return self.root / "seeded"

    def state(self, process: str) -> Path:
        """What this process keeps between runs."""
        return self.root / process

    def socket(self, name: str) -> Path:
        return self.sockets / name

    def is_enrolled(self, process: str, url: str) -> bool:
        """Whether this device was enrolled to the end, to call at this address."""
        mark = self._mark(process)
        return mark.exists() and mark.read_text(encoding="utf-8") == url

    def mark_enrolled(self, process: str, url: str) -> None:
        """This device was enrolled, to call at this address."""
        self._mark(process).write_text(url, encoding="utf-8")

    def _mark(self, process: str) -> Path:
        return self.root / f"{process}.enrolled"


def default_root(environ: Mapping[str, str]) -> Path:
    """XDG's place for state; ~/.local/state where it names none."""
    state = environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return base / "meroppet" / "demo"


@contextmanager
def opened(root: Path, *, fresh: bool) -> Iterator[Folder]:
    """The run folder, held by this process alone until the end. Raises CannotStart with what is in the way."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / "lock").open("w")
    except OSError as error:
        raise CannotStart(no_room(root, error)) from error
    with lock:
        _hold(lock.fileno(), root)
        sockets = Path(tempfile.mkdtemp(prefix="meroppet-"))
        try:
            yield _prepared(Folder(root, sockets), fresh=fresh)
        finally:
            shutil.rmtree(sockets, ignore_errors=True)


def _hold(descriptor: int, root: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        remedy = "stop it, or choose another folder with --keep and other ports with --port-base"
        raise CannotStart(f"a demo already runs from {root}; {remedy}") from error


def _prepared(folder: Folder, *, fresh: bool) -> Folder:
    try:
        if fresh or not folder.seeded.exists():
            # A seeding that was broken off is begun again, never mended.
            _empty(folder.root)
        for path in (folder.config, folder.logs):
            path.mkdir(mode=0o700, exist_ok=True)
        folder.clock.unlink(missing_ok=True)
        _require_room(folder.root)
    except OSError as error:
        raise CannotStart(no_room(folder.root, error)) from error
    return folder


def _empty(root: Path) -> None:
    for path in root.iterdir():
        if path.name == "lock":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _require_room(root: Path) -> None:
    if shutil.disk_usage(root).free < NEEDED_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_room(root: Path, error: OSError) -> str:
    """The sentence for a folder that cannot be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        needed = NEEDED_BYTES // (1024 * 1024)
        return (
            f"no room on the disk of {root}: the demo needs {needed} MB; free some, or use --keep with another folder"
        )
    return f"{root} cannot be written ({error.strerror}); choose another folder with --keep"
