"""When somebody of the staff last came in: in branches that want it so, staffed hours begin with that."""

import asyncio
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours

logger = logging.getLogger(__name__)

FILE = "staff-came"
LONGEST_STRETCH = timedelta(days=1)
"""A word older than this counts for no stretch of staffed hours, however long."""
STRETCH = frozenset({BranchState.STAFFED, BranchState.EVENT})
"""States that go on with what staff began: an event in the middle of the day sends nobody of them home."""


class FirstPerson:
    """One moment in one file, and never who it was.

    A file that is lost, spoilt or from when the device belonged to another branch means that nobody has come.
    """

    def __init__(self, state_dir: Path, branch: str) -> None:
        self._file, self._branch = state_dir / FILE, branch
        self._came = _read(self._file, branch)

    def has_come(self, hours: Hours, now: datetime) -> bool:
        """Whether somebody of the staff has come in during the stretch of staffed hours that holds now."""
        if self._came is None or not timedelta() <= now - self._came < LONGEST_STRETCH:
            return False
        return all(span.state in STRETCH for span in hours.spans(self._came, now))

    def note(self, now: datetime) -> None:
        """Somebody came in; known at once, and soon on disk. Needs a running loop."""
        self._came = now
        writing = asyncio.get_running_loop().run_in_executor(
            None, _write, self._file, f"{now.isoformat()} {self._branch}"
        )
        writing.add_done_callback(_written)


def _read(file: Path, branch: str) -> datetime | None:
    try:
        moment, _, where = file.read_text(encoding="ascii").partition(" ")
        came = datetime.fromisoformat(moment)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("it is not known whether staff have come", extra={"why": error})
        return None
    return came if came.utcoffset() is not None and where == branch else None


def _write(file: Path, said: str) -> None:
    unfinished = file.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write(said)
        written.flush()
        os.fsync(written.fileno())
    unfinished.replace(file)


def _written(writing: "asyncio.Future[None]") -> None:
    if not writing.cancelled() and (error := writing.exception()) is not None:
        # Staff are in and the door knows it; after a restart it would wait for them again, locked.
        logger.error("it is not stored that staff have come", extra={"why": error})
