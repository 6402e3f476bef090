"""Tags as cards of patrons: a tag the register does not know stands for the number it does know."""

from sqlalchemy import bindparam, delete, func, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from server.db import Session
from server.keys import KeyRing
from server.patrons.models import Patron, PatronCard
from server.patrons.service import digest_of, find
from server.patrons.telling import number_in

_ITS_PATRON = (
    col(PatronCard.register_id) == bindparam("register"),
    col(PatronCard.number_digest) == bindparam("digest"),
)
# Built once, and one question: every card at a door is looked up by it. A patron's own number goes before a tag.
_BEHIND = select(Patron).where(
    col(Patron.id)
    == func.coalesce(
        select(col(Patron.id))
        .where(
            col(Patron.consortium_id) == bindparam("consortium"),
            col(Patron.register_id) == bindparam("register"),
            col(Patron.number_digest) == bindparam("digest"),
        )
        .scalar_subquery(),
        select(col(PatronCard.patron_id))
        .where(col(PatronCard.consortium_id) == bindparam("consortium"), *_ITS_PATRON)
        .scalar_subquery(),
    )
)


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
    asked = {"consortium": consortium, "register": register, "digest": digest_of(keys, register, card)}
    row = (await session.execute(_BEHIND, asked)).scalar()
    return None if row is None else number_in(keys, row)
