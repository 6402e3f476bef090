"""The database of one process: SQLite inline in the event loop, PostgreSQL through asyncpg, the same sessions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session as ORMSession

from meroppet.runtime.clock import Clock
from server.db.guard import KEY, GuardedSession
from server.db.scope import Scope
from server.db.session import Session, Wake

SQLITE_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000")
"""FULL: what a device was told is kept must survive the plug being pulled."""


T = TypeVar("T")


class Database:
    """Opens sessions. `url`: sqlite:///file or postgresql://…; `wake` is told each topic a session woke."""

    def __init__(self, url: str, clock: Clock, wake: Wake = lambda _topic: None) -> None:
        self.url = make_url(url)
        self._clock = clock
        self._wake = wake
        self._engines: _SQLite | _PostgreSQL = (
            _SQLite(self.url) if self.url.get_backend_name() == "sqlite" else _PostgreSQL(self.url)
        )

    @asynccontextmanager
    async def session(self, scope: Scope) -> AsyncIterator[Session]:
        """A transaction: committed at the end, rolled back if the body raises.

        On SQLite one writes at a time: await nothing slow inside, and open no second one inside (RuntimeError).
        """
        async with self._engines.writing() as beneath:
            session = self._begin(beneath, scope)
            yield session
            await session.commit()

    @asynccontextmanager
    async def reading(self, scope: Scope) -> AsyncIterator[Session]:
        """A view of one moment that waits for nobody; what is written in it is not kept."""
        async with self._engines.reading() as beneath:
            yield self._begin(beneath, scope)

    async def administer(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a bare connection, in a transaction: for migrations and for nothing else."""
        return await self._engines.administer(work)

    def _begin(self, beneath: ORMSession | AsyncSession, scope: Scope) -> Session:
        orm = beneath.sync_session if isinstance(beneath, AsyncSession) else beneath
        orm.info[KEY] = scope
        return Session(beneath, self._clock.now(), self._wake)

    @property
    def listen_url(self) -> str | None:
        """Where other processes' wake-ups can be heard: PostgreSQL's address as asyncpg wants it, None on SQLite."""
        if self.url.get_backend_name() == "sqlite":
            return None
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def close(self) -> None:
        """Give every connection back."""
        await self._engines.close()


class _SQLite:
    """Two pools on one file: writers begin IMMEDIATE and one at a time, readers never wait.

    A write that waits for another would block the loop the other needs to finish, hence the lock in front.
    """

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError("sqlite:///FILE: the database needs a file, for its readers and its writer share it")
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE")
        self._reader = _sqlite_engine(url, "BEGIN")
        self._turn = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[ORMSession]:
        if self._owner is asyncio.current_task():
            raise RuntimeError("this task already has a session; pass it on instead of opening another")
        async with self._turn:
            self._owner = asyncio.current_task()
            try:
                with GuardedSession(self._writer, expire_on_commit=False) as beneath:
                    yield beneath
            finally:
                self._owner = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ORMSession]:
        with GuardedSession(self._reader, expire_on_commit=False) as beneath:
            yield beneath

    async def administer(self, work: Callable[[Connection], T]) -> T:
        async with self._turn:
            with self._writer.begin() as connection:
                return work(connection)

    async def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


def _sqlite_engine(url: URL, begin: str) -> Engine:
    # An error's text goes into the log, and a parameter may be somebody's name.
    engine = create_engine(url, max_overflow=-1, hide_parameters=True, connect_args={"check_same_thread": False})
    event.listen(engine, "handle_error", _say_the_code_only)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        # The driver's own transaction handling begins too late for a snapshot; SQLAlchemy's documented remedy.
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _say_the_code_only(context: ExceptionContext) -> None:
    """Leave an error its type and the database's code for it: PostgreSQL's own words quote the row that was refused."""
    error = context.sqlalchemy_exception
    if isinstance(error, DBAPIError):
        codes = (getattr(error.orig, name, None) for name in ("sqlstate", "sqlite_errorname"))
        error.args = (f"{type(error.orig).__name__} {next(filter(None, codes), 'without a code')}",)


class _PostgreSQL:
    def __init__(self, url: URL) -> None:
        address = url.set(drivername="postgresql+asyncpg")
        self._engine: AsyncEngine = create_async_engine(address, pool_pre_ping=True, hide_parameters=True)
        event.listen(self._engine.sync_engine, "handle_error", _say_the_code_only)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._engine, expire_on_commit=False, sync_session_class=GuardedSession) as beneath:
            yield beneath

    reading = writing

    async def administer(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()
