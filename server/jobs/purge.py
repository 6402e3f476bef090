"""Removing what is older than its table says it may be kept."""

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, inspect
from sqlalchemy.engine import CursorResult

from server.db import Session, Table

logger = logging.getLogger(__name__)


async def purge(session: Session, entities: list[type[Table]]) -> dict[str, int]:
    """How many rows left each table. Needs an unscoped session: retention is everybody's."""
    gone: dict[str, int] = {}
    for entity in entities:
        kept = entity.retention
        if kept.keep_days is None:
            continue
        column = inspect(entity).columns[kept.column]
        statement = delete(entity).where(column < session.now - timedelta(days=kept.keep_days))
        result: Any = await session.execute(statement, options={"synchronize_session": False})
        assert isinstance(result, CursorResult)  # noqa: S101 (narrowing: a delete has a row count)
        gone[str(entity.__tablename__)] = result.rowcount
    logger.info("purged", extra={name: count for name, count in gone.items() if count})
    return gone
