"""Writes the next step of the server's schema: what the tables in the code have and the newest step has not.

Run as `bin/meroppet run python bin/migration.py WHAT IT DOES`, then read what it wrote: Alembic guesses, people decide.
"""

import asyncio
import sys
import tempfile
from functools import partial
from pathlib import Path

from meroppet.runtime.clock import SystemClock
from server.db import Database
from server.db.migrate import MIGRATIONS, migrate, newest, write_step


async def _write(what: str) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db", SystemClock())
        try:
            await migrate(database)
            await database.administer(partial(write_step, message=what))
        finally:
            await database.close()
    return next((MIGRATIONS / "versions").glob(f"{newest()}_*.py"))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit("usage: migration.py WHAT IT DOES")
    print(asyncio.run(_write(" ".join(sys.argv[1:]))))
