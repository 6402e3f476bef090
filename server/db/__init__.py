"""The server's database: tables' common ground, sessions with a scope, the guard, schema and migrations."""

from sqlmodel import UTCDateTime

from server.db.database import Database
from server.db.scope import Scope, UnscopedQuery, unscoped
from server.db.session import Session
from server.db.tables import ConsortiumOwned, ControllerOwned, Retention, Shared, Table

__all__ = [
    "ConsortiumOwned",
    "ControllerOwned",
    "Database",
    "Retention",
    "Scope",
    "Session",
    "Shared",
    "Table",
    "UTCDateTime",
    "UnscopedQuery",
    "unscoped",
]
