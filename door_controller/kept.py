"""What a door must still know after a power cut though no journal row can be asked for it: one small file of words."""

import asyncio
import json
import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)

FILE = "house"


class Kept:
    """Words by name, known at once and soon on disk; the newest are written, whatever was overtaken is not.

    A file that is lost or spoilt is an empty one: it is said in the log, and the inputs tell what is so now.
    """

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / FILE
        self._words = _read(self._file)
        self._stored = dict(self._words)
        self._writing: asyncio.Task[None] | None = None

    def word(self, name: str) -> str:
        """What was kept by this name, or nothing."""
        return self._words.get(name, "")

    def keep(self, name: str, word: str) -> None:
        """Have this word on disk from now on, or none; returns at once. Needs a running loop."""
        self._words = {**self._words, name: word} if word else {k: v for k, v in self._words.items() if k != name}
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_newest())

    async def settled(self) -> bool:
        """Wait until all words are on disk or cannot be; whether they are."""
        if self._writing is not None:
            await self._writing
        return self._stored == self._words

    async def _write_newest(self) -> None:
        while (words := self._words) != self._stored:
            try:
                await asyncio.get_running_loop().run_in_executor(None, _write, self._file, json.dumps(words))
                self._stored = words
            except OSError as error:
                # What is so is known, and the journal has a row of it; only a restart would forget.
                logger.error("what the house is like is not stored", extra={"why": error})
                break
        self._writing = None


def _read(file: Path) -> dict[str, str]:
    try:
        words = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logger.warning("it is not known what the house was like", extra={"why": error})
        return {}
    items = words.items() if isinstance(words, dict) else ()
    return {name: word for name, word in items if isinstance(word, str) and word}


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
