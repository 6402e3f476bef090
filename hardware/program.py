"""Another program, run for a driver in a process of its own: what it needs of memory is gone when it ends."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

from hardware.errors import Lost


def find(program: str) -> str:
    """Where a program is; raises Lost with what to do where it is not."""
    found = shutil.which(program)
    if found is None:
        raise Lost(f"no program {program!r} on this machine; install it, or say where it is")
    return found


async def run(command: Sequence[str], said: bytes = b"", *, within: float) -> bool:
    """Whether the program took what was `said` to it and ended well in time (seconds); a late one is killed."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL)
    except OSError:
        return False
    try:
        async with asyncio.timeout(within):
            await process.communicate(said)
    except TimeoutError:
        return False
    finally:
        await _end(process)
    return process.returncode == 0


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        # Waited for, so that no dead process stays in the table; a killed one ends at once.
        await asyncio.shield(process.wait())
