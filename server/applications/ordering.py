"""e-ID orders of the public pages: begun for one browser, looked at every other second, ended once."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.applications.models import EidOrder
from server.applications.visitors import BY_COOKIE, digest
from server.db import Session
from server.eid.ports import LIVES, Collected, Eid, Ended, Hint, Identified, Order, Pending, Why
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.web.parts import StaffParts

EVERY = timedelta(seconds=2)
"""BankID: collect every two seconds."""
RENEWALS = 5
"""An order that no app picks up ends after half a minute; nobody should have to press a button for a new code."""
_SEALED = "eid order"


class Purpose(StrEnum):
    """What an order is for."""

    SIGN_IN = "sign_in"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the browser asked for: at a branch, by an e-ID, from an address."""

    branch: BranchView
    eid: str
    address: str
    text: str
    purpose: Purpose = Purpose.SIGN_IN
    texts: str = ""
    """Which texts are signed, as applying.Offer names them."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An order as its row says it."""

    branch: str
    consortium: str
    eid: str
    order: Order
    purpose: Purpose
    about: str
    asked_at: datetime
    hint: Hint
    renewed: int


async def begin(parts: StaffParts, wanted: Wanted) -> str | Ended:
    """The token for the browser's cookie, or why there is no order."""
    eid = parts.eids.of(wanted.eid)
    if eid is None:
        return Ended(Why.UNAVAILABLE)
    now = parts.clock.now()
    order = await eid.begin(wanted.address, wanted.text, now, sign=wanted.purpose is Purpose.SIGN)
    if isinstance(order, Ended):
        return order
    token = secrets.token_urlsafe(32)
    async with parts.database.session(BY_COOKIE) as session:
        session.add(
            EidOrder(
                browser_digest=digest(token),
                consortium_id=wanted.branch.consortium,
                branch_id=wanted.branch.id,
                eid=wanted.eid,
                order_sealed=_seal(parts.keys, order),
                purpose=wanted.purpose.value,
                about=wanted.texts if wanted.purpose is Purpose.SIGN else wanted.text,
                begun_at=now,
                asked_at=now - EVERY,
                hint=Hint.START.value,
            )
        )
    return token


async def under_way(session: Session, keys: KeyRing, token: str) -> UnderWay | None:
    """The order of the browser with this cookie."""
    row = await session.scalar(select(EidOrder).where(col(EidOrder.browser_digest) == digest(token)))
    if row is None:
        return None
    order = Order.from_text(keys.decrypt(_SEALED, row.order_sealed).decode("utf-8"))
    purpose, hint = Purpose(row.purpose), Hint(row.hint)
    asked = (row.branch_id, row.consortium_id, row.eid)
    return UnderWay(*asked, order, purpose, row.about, row.asked_at, hint, row.renewed)


async def look(parts: StaffParts, token: str, address: str) -> tuple[UnderWay, Collected] | None:
    """How the browser's order stands; None: there is none. Whoever is identified here is so in this answer only."""
    async with parts.database.session(BY_COOKIE) as session:
        found = await under_way(session, parts.keys, token)
        if found is None:
            return None
        is_mine = await _take_turn(session, token, found)
    eid = parts.eids.of(found.eid)
    if not is_mine:
        return found, Pending(found.hint)
    if eid is None or parts.clock.now() - found.order.started_at > LIVES:
        return await _ended(parts, token, found, Ended(Why.EXPIRED))
    said = await eid.collect(found.order)
    if isinstance(said, Pending):
        await _note(parts, token, said.hint)
        return replace(found, hint=said.hint), said
    if said == Ended(Why.NOT_STARTED) and found.renewed < RENEWALS and found.purpose is Purpose.SIGN_IN:
        return await _renewed(parts, token, found, eid, address)
    return await _ended(parts, token, found, said)


async def cancel(parts: StaffParts, token: str) -> None:
    """End the browser's order, here and at the e-ID."""
    async with parts.database.session(BY_COOKIE) as session:
        found = await under_way(session, parts.keys, token)
        await _drop(session, token)
    eid = parts.eids.of(found.eid) if found is not None else None
    if found is not None and eid is not None:
        await eid.cancel(found.order)


async def _take_turn(session: Session, token: str, found: UnderWay) -> bool:
    if session.now - found.asked_at < EVERY:
        return False
    # Two windows of one browser may look at once: one of them asks, and only she may be told who it was.
    rows = update(EidOrder).where(
        col(EidOrder.browser_digest) == digest(token), col(EidOrder.asked_at) == found.asked_at
    )
    turn = rows.values(asked_at=session.now).returning(col(EidOrder.browser_digest))
    return await session.scalar(turn) is not None


async def _note(parts: StaffParts, token: str, hint: Hint) -> None:
    async with parts.database.session(BY_COOKIE) as session:
        rows = update(EidOrder).where(col(EidOrder.browser_digest) == digest(token))
        await session.execute(rows.values(hint=hint.value))


async def _renewed(
    parts: StaffParts, token: str, found: UnderWay, eid: Eid, address: str
) -> tuple[UnderWay, Collected]:
    order = await eid.begin(address, found.about, parts.clock.now())
    if isinstance(order, Ended):
        return await _ended(parts, token, found, order)
    async with parts.database.session(BY_COOKIE) as session:
        rows = update(EidOrder).where(col(EidOrder.browser_digest) == digest(token))
        values = {"order_sealed": _seal(parts.keys, order), "hint": Hint.START.value, "renewed": found.renewed + 1}
        await session.execute(rows.values(**values))
    return replace(found, order=order, hint=Hint.START), Pending(Hint.START)


async def _ended(parts: StaffParts, token: str, found: UnderWay, said: Collected) -> tuple[UnderWay, Collected]:
    async with parts.database.session(BY_COOKIE) as session:
        was_there = await _drop(session, token)
    # Somebody pressed cancel meanwhile: then nobody is let in by it any more.
    gone = isinstance(said, Identified) and not was_there
    return found, Ended(Why.USER_CANCELLED) if gone else said


async def _drop(session: Session, token: str) -> bool:
    rows = delete(EidOrder).where(col(EidOrder.browser_digest) == digest(token))
    return await session.scalar(rows.returning(col(EidOrder.browser_digest))) is not None


def _seal(keys: KeyRing, order: Order) -> bytes:
    return keys.encrypt(_SEALED, order.to_text().encode("utf-8"))
