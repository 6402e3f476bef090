"""Bringing a database up to the code's schema. Safe to call at every start, by several processes at once."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from server.db.database import Database
from server.db.schema import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6D65726F
"""Any number that nobody else takes for a PostgreSQL advisory lock."""


async def migrate(database: Database) -> None:
    """Apply every step that is missing."""
    await database.administer(_upgrade)


async def is_current(database: Database) -> bool:
    """Whether the database has the newest schema the code knows."""
    return await database.administer(_revision) == ScriptDirectory(str(MIGRATIONS)).get_current_head()


async def differences(database: Database) -> list[object]:
    """What the tables of the code have that the database has not, and the other way round."""
    return await database.administer(_compare)


def write_step(connection: Connection, message: str, number: str) -> None:
    """For developers: a new step from what the tables have and the database has not."""
    command.revision(_config(connection), message, autogenerate=True, rev_id=number)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    command.upgrade(_config(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _compare(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata()))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
