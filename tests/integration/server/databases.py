"""Databases for tests, each as fresh as a new one: what a folder's tests all begin with is made once for each kind."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, create_engine

from server.db import Database
from server.db.schema import metadata
from tests.fakes.clocks import ManualClock

_numbers = itertools.count(1)
_SCHEMA = """
SELECT md5(string_agg(concat_ws(' ', oid, relname, relnatts, relchecks, relhasrules), ',' ORDER BY oid))
FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Seed:
    """What every test of a folder finds in its database, told apart by name."""

    name: str
    fill: Callable[[Database], Awaitable[None]]

    def into(self, url: str) -> None:
        """Write it, at the moment at which tests' clocks begin."""
        asyncio.run(self._fill(url))

    async def _fill(self, url: str) -> None:
        database = Database(url, ManualClock())
        await self.fill(database)
        await database.close()


@dataclass(frozen=True, slots=True)
class SQLiteFiles:
    """Files: a test gets a copy."""

    folder: Path

    @contextmanager
    def lend(self, seed: Seed, folder: Path) -> Iterator[str]:
        """The address of a database in the folder, with all tables and the seed."""
        template, file = self.folder / f"{seed.name}.db", folder / "server.db"
        if not template.exists():
            self._make(seed, template)
        shutil.copy(template, file)
        yield f"sqlite:///{file}"

    @staticmethod
    def _make(seed: Seed, template: Path) -> None:
        half = template.with_suffix(".half")
        engine = create_engine(f"sqlite:///{half}")
        metadata().create_all(engine)
        engine.dispose()
        seed.into(f"sqlite:///{half}")
        half.rename(template)


@dataclass(frozen=True, slots=True)
class PostgresDatabases:
    """One database for each seed, put back before each test as it was: making one takes ten times as long."""

    server: URL
    made: ExitStack
    known: "dict[str, _Restorable]" = field(default_factory=dict)

    @contextmanager
    def lend(self, seed: Seed, _folder: Path) -> Iterator[str]:
        """The address of a database with all tables and the seed."""
        found = self.known.get(seed.name)
        if found is None or not found.restored():
            url = self.made.enter_context(self.fresh())
            found = self.known[seed.name] = _Restorable.make(seed, url)
        yield found.url.render_as_string(hide_password=False)

    @contextmanager
    def fresh(self) -> Iterator[URL]:
        """The address of a new database without any table, gone afterwards whoever still looks at it."""
        name = f"meroppet_{os.getpid()}_{next(_numbers)}"
        with admin(self.server) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield self.server.set(database=name)
        with admin(self.server) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass(frozen=True, slots=True)
class _Restorable:
    """A database that keeps a copy of its first rows beside them."""

    url: URL
    schema: str
    restore: str
    """Statements for all tables that there were, with what their sequences would have given next."""

    @classmethod
    def make(cls, seed: Seed, url: URL) -> "_Restorable":
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
        metadata().create_all(engine)
        engine.dispose()
        seed.into(url.render_as_string(hide_password=False))
        with admin(url) as connection:
            return cls(url, _schema(connection), ";\n".join(_restoring(connection)))

    def restored(self) -> bool:
        """Put every row back and end what a test left open; False where a test changed the tables themselves."""
        with admin(self.url) as connection:
            connection.execute(_OTHERS)
            if _schema(connection) != self.schema:
                return False
            connection.execute(self.restore)
        return True


def _schema(connection: psycopg.Connection) -> str:
    found = connection.execute(_SCHEMA).fetchone()
    assert found is not None
    return str(found[0])


def _restoring(connection: psycopg.Connection) -> list[str]:
    """Keep the rows there are in a schema of their own; the statements that bring them back."""
    tables = [Identifier(table.name) for table in metadata().sorted_tables]
    connection.execute("CREATE SCHEMA seed")
    emptied = [SQL("DELETE FROM public.{}").format(table) for table in reversed(tables)]
    filled = []
    for table in tables:
        connection.execute(SQL("CREATE TABLE seed.{0} AS TABLE public.{0}").format(table))
        if connection.execute(SQL("SELECT FROM seed.{} LIMIT 1").format(table)).fetchone() is not None:
            filled.append(SQL("INSERT INTO public.{0} OVERRIDING SYSTEM VALUE SELECT * FROM seed.{0}").format(table))
    sequences = connection.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
    turned = [
        SQL("SELECT setval({}, {}, {})").format(f'public."{name}"', last or 1, last is not None)
        for name, last in sequences.fetchall()
    ]
    return [statement.as_string(connection) for statement in (*emptied, *filled, *turned)]


@contextmanager
def admin(url: URL) -> Iterator[psycopg.Connection]:
    """A connection to the database, each statement of which holds at once."""
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection
