"""How a running register says on standard output what it did, whether anybody reads that or not."""

import contextlib
import os
import queue
import sys
import threading

_MOST_WAITING = 100
_PATIENCE_SECONDS = 1.0


class Voice:
    """Says texts in their order. Never waits: where nobody reads, a pipe fills, and what comes after it is lost.

    A thread writes, past Python's own buffer: whoever is stuck with that keeps the process from ending.
    """

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._texts: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._is_silent = is_quiet or sys.stdout is None
        self._thread = threading.Thread(target=self._write, daemon=True, name="voice")
        self._thread.start()

    def say(self, text: str) -> None:
        """Say it, on lines of its own."""
        if not self._is_silent:
            with contextlib.suppress(queue.Full):
                self._texts.put_nowait(f"{text}\n")

    def finish(self) -> None:
        """Let what is being said be heard out, for a moment."""
        with contextlib.suppress(queue.Full):
            self._texts.put(None, timeout=_PATIENCE_SECONDS)
        self._thread.join(_PATIENCE_SECONDS)

    def _write(self) -> None:
        while (text := self._texts.get()) is not None:
            rest = text.encode(sys.stdout.encoding, "replace")
            with contextlib.suppress(OSError):
                # Nobody is left to tell where the other end is gone.
                while rest:
                    rest = rest[os.write(1, rest) :]
