"""What a door must still know after a power cut though no journal row can be asked for it: one small file of words."""

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

logger = logging.getLogger(__name__)

Word = str | int | float | bool | None
FILE = "house"


class Kept:
    """Words by name, known at once and soon on disk; the newest is written, whatever was overtaken is not.

    A file that is lost or spoilt is an empty one: it is said in the log, and the inputs tell what is so now.
    """

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / FILE
        self._wanted: Mapping[str, Word] | None = None
        self._writing: asyncio.Task[None] | None = None

    def read(self) -> dict[str, Word]:
        """What was kept last."""
        try:
            words = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            logger.warning("it is not known what the house was like", extra={"why": error})
            return {}
        return words if isinstance(words, dict) else {}

    def keep(self, words: Mapping[str, Word]) -> None:
        """Have this on disk from now on; returns at once. Needs a running loop."""
        self._wanted = words
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_newest())

    async def settled(self) -> None:
        """Wait until what was to be kept is on disk, or cannot be."""
        if self._writing is not None:
            await self._writing

    async def _write_newest(self) -> None:
        while self._wanted is not None:
            text, self._wanted = json.dumps(self._wanted), None
            try:
                await asyncio.get_running_loop().run_in_executor(None, _write, self._file, text)
            except OSError as error:
                # What is so is known, and the journal has a row of it; only a restart would forget.
                logger.error("what the house is like is not stored", extra={"why": error})
        self._writing = None


def _write(file: Path, text: str) -> None:
    unfinished = file.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
    unfinished.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        # Without this the name may point at the former file after a power cut.
        os.fsync(folder)
    finally:
        os.close(folder)
