"""A file system of its own (FUSE) for an unmodified process: it serves from memory and writes down what is done.

`python -m tests.faults.power.forgetful MOUNT LOG`: LOG gets the pickled operations when MOUNT is unmounted. What is
written to the file `told` is a promise, not a content.
"""

import errno
import pickle
import stat
import sys
from pathlib import Path
from typing import Any

import mfusepy

from tests.faults.power.disk import Delete, Op, Rename, Resize, Sync, SyncFolder, Told, Write, apply

TOLD = "told"


class Forgetful(mfusepy.Operations):  # type: ignore[misc]
    """One folder without folders in it."""

    use_ns = True

    def __init__(self, log: Path) -> None:
        self._log, self._ops = log, list[Op]()
        self._files: dict[str, bytearray] = {}
        self._open: dict[int, tuple[str, bytearray]] = {}
        self._handles, self._half = 0, b""

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """A folder at the root, files in it."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        content = self._open[fh][1] if fh in self._open else self._files.get(path[1:])
        if content is None:
            raise mfusepy.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": len(content)}

    def readdir(self, path: str, fh: int) -> list[str]:
        """The names."""
        return [".", "..", *self._files]

    def chmod(self, path: str, mode: int) -> int:
        """Not remembered: nothing here rests on it."""
        return 0

    def create(self, path: str, mode: int, fi: object = None) -> int:
        """A new name."""
        self._files[path[1:]] = bytearray()
        self._do(Resize(path[1:], 0))
        return self.open(path, 0)

    def open(self, path: str, flags: int) -> int:
        """A handle keeps its file, also when the name is gone."""
        self._handles += 1
        self._open[self._handles] = (path[1:], self._files[path[1:]])
        return self._handles

    def release(self, path: str | None, fh: int) -> int:
        """Let go of a handle."""
        del self._open[fh]
        return 0

    def read(self, path: str | None, size: int, offset: int, fh: int) -> bytes:
        """From memory."""
        return bytes(self._open[fh][1][offset : offset + size])

    def write(self, path: str | None, data: bytes, offset: int, fh: int) -> int:
        """Into memory, and on the list."""
        name, content = self._open[fh]
        if name == TOLD:
            # The kernel may hand a line over in two halves.
            *lines, self._half = (self._half + bytes(data)).split(b"\n")
            self._ops.extend(Told(each.decode()) for each in lines)
        else:
            op = Write(name, offset, bytes(data))
            apply(content, op)
            self._do(op, content)
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """A file gets a size."""
        content = self._files[path[1:]]
        op = Resize(path[1:], length)
        apply(content, op)
        self._do(op, content)
        return 0

    def fsync(self, path: str | None, datasync: int, fh: int) -> int:
        """What a disk keeps."""
        name, content = self._open[fh]
        self._do(Sync(name), content)
        return 0

    def fsyncdir(self, path: str | None, datasync: int, fh: int) -> int:
        """Which names a disk keeps."""
        self._ops.append(SyncFolder())
        return 0

    def unlink(self, path: str) -> int:
        """A name is gone."""
        self._do(Delete(path[1:]))
        del self._files[path[1:]]
        return 0

    def rename(self, old: str, new: str) -> int:
        """A file gets another name."""
        self._files[new[1:]] = self._files.pop(old[1:])
        self._do(Rename(old[1:], new[1:]))
        return 0

    def destroy(self, path: str) -> None:
        """Unmounted: hand over the list."""
        self._log.write_bytes(pickle.dumps(self._ops))

    def _do(self, op: Op, content: bytearray | None = None) -> None:
        # A file whose name is gone leaves nothing behind; shared memory of a database is none of its content.
        name = getattr(op, "name", "")
        if not name.endswith("-shm") and (content is None or self._files.get(name) is content):
            self._ops.append(op)


if __name__ == "__main__":
    mfusepy.FUSE(Forgetful(Path(sys.argv[2])), sys.argv[1], foreground=True, nothreads=True, hard_remove=True)
