"""Bringing a database up to the code's schema. Safe to call at every start, by several processes at once.

Alembic is imported only when there is something to do: a start that finds all in order should not wait for it.
"""

import logging
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, func, inspect, select, table

from server.db.database import Database
from server.db.schema import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6D65726F
"""Any number that nobody else takes for a PostgreSQL advisory lock."""


async def migrate(database: Database) -> None:
    """Apply every step that is missing."""
    if not await is_current(database):
        await database.administer(partial(upgrade_to, revision="head"))


async def is_current(database: Database) -> bool:
    """Whether the database has the newest schema the code knows."""
    return await database.administer(_revision) == newest()


def newest() -> str:
    """The number of the newest step; each file in versions begins with its own."""
    return max(file.stem.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


async def differences(database: Database) -> list[Any]:
    """What the tables of the code have that the database has not, and the other way round."""
    return await database.administer(_compare)


def write_step(connection: Connection, message: str) -> None:
    """For developers: a new step from what the tables have and the database has not."""
    from alembic import command

    known = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    command.revision(_config(connection), message, autogenerate=True, rev_id=f"{len(known) + 1:04}")


def upgrade_to(connection: Connection, revision: str) -> None:
    """Apply the steps up to one of them, or all that are missing (`head`)."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    command.upgrade(_config(connection), revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version")))


def _compare(connection: Connection) -> list[Any]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata()))


def _config(connection: Connection) -> Any:
    from alembic.config import Config

    # Each of its parts announces itself; what counts is said by whoever calls.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
