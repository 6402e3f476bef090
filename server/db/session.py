"""One transaction with a scope. Services take a session and never commit; whoever opened it does, at the end."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Executable, Result, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as ORMSession

from server.db.guard import KEY, scope_of
from server.db.scope import Scope
from server.db.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert

logger = logging.getLogger(__name__)

CHANNEL = "meroppet"
"""The PostgreSQL channel on which processes wake each other."""

Wake = Callable[[str], None]
Last = Callable[["Session"], Awaitable[None]]


_BUILT: "dict[tuple[Callable[[Session], Executable], str], Executable]" = {}


class Session:
    """Statements of one transaction: SQLite beneath is called inline, PostgreSQL through asyncpg.

    `now` is the one time of everything written in it. `notes` is where a service keeps what it has queued.
    """

    def __init__(self, beneath: ORMSession | AsyncSession, now: datetime, wake: Wake) -> None:
        self._beneath = beneath
        self._orm = beneath.sync_session if isinstance(beneath, AsyncSession) else beneath
        self._last: list[Last] = []
        self._wake = wake
        self._topics: dict[str, None] = {}
        self.now = now
        self.notes: dict[str, Any] = {}

    @property
    def scope(self) -> Scope:
        """Whose rows this session sees."""
        return scope_of(self._orm)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`, for the few statements that differ."""
        return self._orm.get_bind().dialect.name

    def insert(self, entity: type[Table]) -> "Insert":
        """An insert that can say ON CONFLICT. Both databases mean the same by it; only the one in use is loaded."""
        if self.dialect == "postgresql":
            from sqlalchemy.dialects.postgresql import insert

            return insert(entity)
        from sqlalchemy.dialects import sqlite

        return cast("Insert", sqlite.insert(entity))

    def built(self, build: "Callable[[Session], Executable]") -> Executable:
        """The statement that `build` makes for this database, made once: to build one takes longer than to ask it.

        It must depend on the dialect alone; what differs from time to time are parameters.
        """
        key = (build, self.dialect)
        if key not in _BUILT:
            _BUILT[key] = build(self)
        return _BUILT[key]

    async def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> Result[Any]:
        """The statement's result. Raises UnscopedQuery where the scope does not cover a table in it.

        `options` are SQLAlchemy's execution options.
        """
        if isinstance(self._beneath, AsyncSession):
            return await self._beneath.execute(statement, parameters, execution_options=options or {})
        return self._beneath.execute(statement, parameters, execution_options=options or {})

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement)).scalar()

    async def all(self, statement: Executable) -> Sequence[Any]:
        """All rows; of one column or entity its values, else tuples."""
        result = await self.execute(statement)
        return result.scalars().all() if len(result.keys()) == 1 else result.all()

    def add(self, row: Table) -> None:
        """Write a new row at the next flush. Raises UnscopedQuery then if it lies outside the scope."""
        self._orm.add(row)

    async def delete(self, row: Table) -> None:
        """Remove a row that was read in this session."""
        if isinstance(self._beneath, AsyncSession):
            await self._beneath.delete(row)
        else:
            self._beneath.delete(row)

    async def flush(self) -> None:
        """Send what was added and changed; keys and constraints are checked here."""
        if isinstance(self._beneath, AsyncSession):
            await self._beneath.flush()
        else:
            self._beneath.flush()

    def last(self, callback: Last) -> None:
        """Run this as the transaction's last statements, just before it is committed."""
        self._last.append(callback)

    def wake(self, topic: str) -> None:
        """Once the transaction is durable, wake whoever waits for this topic, here and in other processes."""
        self._topics[topic] = None

    @asynccontextmanager
    async def within(self, scope: Scope) -> AsyncIterator[None]:
        """The same transaction under another scope, for what needs it (who is this device? then: its own rows)."""
        await self.flush()
        before = self._orm.info[KEY]
        self._orm.info[KEY] = scope
        try:
            yield
            await self.flush()
        finally:
            self._orm.info[KEY] = before

    async def commit(self) -> None:
        """For server.db only: the last callbacks, the commit, then word of it."""
        await self.flush()
        for callback in self._last:
            await callback(self)
        await self.flush()
        if self.dialect == "postgresql":
            # NOTIFY is part of the transaction: other processes hear of it when it is durable.
            for topic in self._topics:
                await self.execute(select(func.pg_notify(CHANNEL, topic)))
        if isinstance(self._beneath, AsyncSession):
            await self._beneath.commit()
        else:
            self._beneath.commit()
        for topic in self._topics:
            self._tell(topic)

    def _tell(self, topic: str) -> None:
        # What is durable stays durable: a listener that fails must not make the caller believe nothing was written.
        try:
            self._wake(topic)
        except Exception:
            logger.exception("a listener failed after a commit")
