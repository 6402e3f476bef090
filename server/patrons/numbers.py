"""The numbers behind patrons' ids, for as long as an answer lasts."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from server.db import Session
from server.keys import KeyRing
from server.patrons.models import Patron
from server.patrons.telling import number_in


async def numbers_of(session: Session, keys: KeyRing, patrons: Iterable[str]) -> dict[str, CardNumber]:
    """The register's number for each of these patrons that the session's scope covers."""
    rows = await session.all(select(Patron).where(col(Patron.id).in_(list(patrons))))
    return {row.id: number_in(keys, row) for row in rows}
