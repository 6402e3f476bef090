"""Tags as cards of patrons: a tag the register does not know stands for the number it does know."""

from sqlalchemy import delete, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from server.db import Session
from server.keys import KeyRing
from server.patrons.models import Patron, PatronCard
from server.patrons.service import digest_of, find
from server.patrons.telling import number_in


async def link(
    session: Session, keys: KeyRing, consortium: str, register: str, patron: str, tag: CardNumber
) -> str | None:
    """Make a tag a patron's card and give its digest; None if it is somebody's card already. Needs the consortium."""
    if await find(session, keys, consortium, register, tag) is not None:
        return None
    digest = digest_of(keys, register, tag)
    session.add(PatronCard(consortium_id=consortium, patron_id=patron, register_id=register, number_digest=digest))
    await session.flush()
    return digest


async def unlink(session: Session, patron: str, register: str, digest: str) -> None:
    """A tag is no longer a patron's card."""
    ours = (
        col(PatronCard.patron_id) == patron,
        col(PatronCard.register_id) == register,
        col(PatronCard.number_digest) == digest,
    )
    await session.execute(delete(PatronCard).where(*ours))


async def number_behind(
    session: Session, keys: KeyRing, consortium: str, register: str, card: CardNumber
) -> CardNumber | None:
    """The number by which the register knows whoever has this card or tag, or None if the server does not know her."""
    patron = await find(session, keys, consortium, register, card)
    row = await session.scalar(select(Patron).where(col(Patron.id) == patron)) if patron else None
    return None if row is None else number_in(keys, row)
