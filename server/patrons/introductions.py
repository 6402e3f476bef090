"""What staff saw with their own eyes: that a patron was introduced to coming in alone, that a guardian consents, and
that she needs longer at the door.
"""

import secrets
from datetime import date
from enum import StrEnum

from sqlalchemy import delete, update
from sqlmodel import col

from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.models import PatronRight
from server.patrons.reach import Reach, place_of
from server.patrons.service import ONE_RIGHT, within_reach
from server.patrons.telling import tell


class Seen(StrEnum):
    """What was seen."""

    INTRODUCTION = "introduction"
    CONSENT = "consent"
    LONGER = "longer"
    """The door stays released longer for her. Never why, and no day: of that nothing is kept."""


_COLUMN = {Seen.INTRODUCTION: "introduced_on", Seen.CONSENT: "guardian_on", Seen.LONGER: "extended"}


async def note(
    session: Session, keys: KeyRing, branch: BranchView, patron: str, seen: Seen, on: date, *, by: str, reach: Reach
) -> None:
    """Write down that it was seen on a day, for the places in reach; a permission stays as it is.

    The doors in reach know within a second of the commit.
    """
    statement = session.insert(PatronRight).values(
        id=secrets.token_hex(8),
        consortium_id=branch.consortium,
        controller_id=branch.controller,
        patron_id=patron,
        reach=reach.value,
        place=place_of(branch, reach),
        permitted=None,
        given_by=by,
        given_at=session.now,
        **(said := {_COLUMN[seen]: True if seen is Seen.LONGER else on}),
    )
    statement = statement.on_conflict_do_update(index_elements=ONE_RIGHT, set_=said)
    await session.execute(statement)
    await tell(session, keys, branch, reach, [patron])


async def take_back(
    session: Session, keys: KeyRing, branch: BranchView, patron: str, seen: Seen, *, reach: Reach
) -> bool:
    """It was not so after all, as far as somebody with this reach may say; False if it was not written down there."""
    column = col(getattr(PatronRight, _COLUMN[seen]))
    here = within_reach(branch, patron, reach)
    nothing = False if seen is Seen.LONGER else None
    cleared = update(PatronRight).where(*here, column.is_not(nothing)).values(**{_COLUMN[seen]: nothing})
    gone = (await session.execute(cleared.returning(col(PatronRight.id)))).all()
    says_nothing = (
        col(PatronRight.permitted).is_(None),
        col(PatronRight.introduced_on).is_(None),
        col(PatronRight.guardian_on).is_(None),
        col(PatronRight.extended).is_(False),
    )
    await session.execute(delete(PatronRight).where(*here, *says_nothing))
    await tell(session, keys, branch, reach, [patron])
    return bool(gone)
