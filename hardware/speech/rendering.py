"""A WAV file made by a program that is given text: whole and in its place, or not there at all."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hardware.program import run

RENDERED_WITHIN = 30.0
"""Seconds. A neural voice on a small machine takes several times as long as the sentence; nobody waits at a door."""
HEADER = 44
"""Bytes of a WAV file that holds no sound."""


async def rendered(command: Sequence[str], text: str, to: Path, unfinished: Path) -> bool:
    """Whether `command`, which reads the text and writes `unfinished`, has made a file that now stands at `to`."""
    try:
        return await run(command, text.encode(), within=RENDERED_WITHIN) and _put_in_place(unfinished, to)
    finally:
        _remove(unfinished)


def _put_in_place(unfinished: Path, to: Path) -> bool:
    try:
        if unfinished.stat().st_size <= HEADER:
            return False
        unfinished.replace(to)
    except OSError:
        return False
    return True


def _remove(unfinished: Path) -> None:
    # Another try begins with a file of its own; what cannot be taken away now is overwritten then.
    with suppress(OSError):
        unfinished.unlink(missing_ok=True)


def unfinished_beside(to: Path) -> Path:
    """Where the file is written until it is whole: the same folder, so that it can be moved in one step."""
    return to.with_name(f".{to.name}.part")
