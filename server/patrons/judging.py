"""What comes of a whole walk: rights end of whom the register does not know any more, and facts speak anew or no more.

Each passes the brake, controller by controller, and a person may release later what it held.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlmodel import col

from server.audit.service import record
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import BranchView, branches
from server.patrons.brake import HeldKind, HeldView, Taking, held, holders, living, outdated
from server.patrons.facts import end_facts, forget_unspoken, losing, missing, renew, standing_at
from server.patrons.models import PatronRight
from server.patrons.reach import Reach, reaches
from server.patrons.telling import pieces, tell, tell_at

WALK = "walk"
"""Who did it, in the log."""


async def judge(
    session: Session,
    keys: KeyRing,
    consortium: str,
    register: str,
    places: Sequence[BranchView],
    since: datetime,
    *,
    is_whole: bool,
) -> bool:
    """Let a walk that began then count; whether anything of it was held. One that is not whole ends nobody's right."""
    is_held = False
    for controller in sorted({place.controller for place in places}):
        own = [place for place in places if place.controller == controller]
        is_held |= await _judge_facts(session, keys, register, own, since)
    if is_whole:
        for controller in await _controllers(session, consortium):
            is_held |= await _judge_missing(session, keys, consortium, controller, register, since)
    return is_held


async def _judge_facts(
    session: Session, keys: KeyRing, register: str, places: Sequence[BranchView], since: datetime
) -> bool:
    lost = {place.id: await losing(session, place, since) for place in places}
    standing = sum([await standing_at(session, place) for place in places])
    for place in places:
        await tell_at(session, keys, place, await renew(session, place, since))
    taking = Taking(
        consortium=places[0].consortium,
        controller=places[0].controller,
        kind=HeldKind.FACTS,
        by=WALK,
        taken=sum(map(len, lost.values())),
        total=standing,
        source=register,
        payload={"branches": {name: found for name, found in lost.items() if found}},
    )
    if await held(session, taking) is not None:
        return True
    await outdated(session, taking.consortium, taking.controller, HeldKind.FACTS, register)
    for place in places:
        await end_facts(session, place, lost[place.id])
        await forget_unspoken(session, place)
        await tell_at(session, keys, place, lost[place.id])
    return False


async def _judge_missing(
    session: Session, keys: KeyRing, consortium: str, controller: str, register: str, since: datetime
) -> bool:
    gone = await missing(session, register, since)
    with_right = set(await _with_right(session, controller, list(gone)))
    taking = Taking(
        consortium=consortium,
        controller=controller,
        kind=HeldKind.MISSING,
        by=WALK,
        taken=len(with_right),
        total=await holders(session, consortium, controller),
        source=register,
        payload={"patrons": sorted(with_right)},
    )
    if await held(session, taking) is not None:
        return True
    await outdated(session, consortium, controller, HeldKind.MISSING, register)
    # Missing once may be an answer gone wrong; missing in the walk before too, she is no more.
    twice = sorted(patron for patron, first in gone.items() if first < since)
    await end_rights(session, keys, taking.scope, controller, twice, register=register, by=WALK)
    return False


async def do_missing(session: Session, keys: KeyRing, view: HeldView) -> int:
    """Released: the rights of whom the register did not know end."""
    patrons = [str(patron) for patron in view.payload["patrons"]]
    return await end_rights(session, keys, view.scope, view.controller, patrons, register=view.source, by=WALK)


async def do_facts(session: Session, keys: KeyRing, view: HeldView) -> int:
    """Released: the facts speak no more for those against whom the register now says something."""
    patrons: set[str] = set()
    async with session.within(Scope.of_consortium(view.consortium)):
        for place in await branches(session):
            found = [str(patron) for patron in view.payload["branches"].get(place.id, ())]
            await end_facts(session, place, found)
            await tell_at(session, keys, place, found)
            patrons.update(found)
    return len(patrons)


async def end_rights(
    session: Session, keys: KeyRing, scope: Scope, controller: str, patrons: Sequence[str], *, register: str, by: str
) -> int:
    """End a controller's rights of these patrons; the doors know within a second. They are removed 30 days later."""
    ended: list[PatronRight] = []
    async with session.within(scope):
        for some in pieces(patrons):
            ended += await session.all(_living(controller, some, session.now))
        for row in ended:
            row.valid_until = (session.now - timedelta(days=1)).date()
        if ended:
            count = len({row.patron_id for row in ended})
            said: dict[str, str | int | bool | None] = {"register": register, "patrons": count}
            await record(session, "right.ended_unknown", by, scope, said)
    await _tell(session, keys, scope, ended)
    return len({row.patron_id for row in ended})


def _living(controller: str, patrons: Sequence[str], now: datetime) -> Select[PatronRight]:
    until = col(PatronRight.valid_until)
    not_ended = or_(until.is_(None), until >= now.date())
    return select(PatronRight).where(
        col(PatronRight.controller_id) == controller, col(PatronRight.patron_id).in_(patrons), not_ended
    )


async def _tell(session: Session, keys: KeyRing, scope: Scope, ended: Sequence[PatronRight]) -> None:
    by_place: dict[tuple[Reach, str], list[str]] = {}
    for row in ended:
        by_place.setdefault((Reach(row.reach), row.place), []).append(row.patron_id)
    async with session.within(Scope.of_consortium(scope.consortium or "")):
        everywhere = await branches(session)
    for (reach, place), patrons in sorted(by_place.items()):
        near = next((branch for branch in everywhere if reaches(branch, reach, place)), None)
        if near is not None:
            await tell(session, keys, near, reach, patrons)


async def _controllers(session: Session, consortium: str) -> list[str]:
    async with session.within(Scope.of_consortium(consortium)):
        found = await session.all(select(col(PatronRight.controller_id)).distinct())
    return sorted(found)


async def _with_right(session: Session, controller: str, patrons: Sequence[str]) -> list[str]:
    found: list[str] = []
    for some in pieces(patrons):
        own = col(PatronRight.controller_id) == controller, col(PatronRight.patron_id).in_(some)
        found += await session.all(select(col(PatronRight.patron_id)).where(*own, living(session.now)).distinct())
    return found
