"""Everything the server holds about one patron, for herself (GDPR Art. 15 and 20). No PIN is held, so none is here.

Tables that name a patron are found by their columns: a table that is added later is told of without a change here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect, select

from server.applications.service import own_branches
from server.applications.visitors import Visitor
from server.attempts.service import Place, standing
from server.audit.service import about
from server.db import Session
from server.db.schema import entities
from server.db.tables import Table
from server.keys import KeyRing
from server.organisations.service import BranchView, organisations
from server.patrons.service import find, subjects_of
from server.registers.service import Registers
from server.schedules.listed_own import OwnEntry, entries_of
from server.visits.own import KEPT_DAYS, OwnVisit, visits_of

_OWNERS = {"consortium_id", "controller_id", "patron_id"}
_STAFF = ("_by",)
"""Columns with the accounts of staff: who of them it was is theirs, not hers; that somebody did it is told."""

Held = dict[str, Any]


async def everything(session: Session, keys: KeyRing, registers: Registers, visitor: Visitor) -> Held:
    """As JSON can say it. The session's scope is her consortium."""
    patron = await find(session, keys, visitor.consortium, visitor.register, visitor.number)
    visits = await own_visits(session, keys, registers, visitor)
    lists = [entry for place in visits.places for entry in await _lists(session, keys, place, visitor)]
    looked = await about(session, visitor.person(keys))
    names = {view.id: view.name for view in await organisations(session)}
    return {
        "made_at": session.now.isoformat(),
        "controllers": sorted({names.get(each.controller, each.controller) for each in visits.places}),
        "number": visitor.number.value,
        "register": visitor.register,
        "signed_in_by": visitor.channel,
        "held": {} if patron is None else await _rows(session, patron),
        "visits_and_refusals": {
            "kept_days": KEPT_DAYS,
            "rows": [
                {"branch": each.branch, "at": each.at.isoformat(), "refused": each.reason} for each in visits.rows
            ],
        },
        "lists": [
            {"branch": each.branch, "list": each.key, "called": each.label, "since": each.at.isoformat()}
            for each in lists
        ],
        "wrong_pins": await _wrong_pins(session, keys, registers, visitor),
        "looked_at_by_staff": [
            {"at": entry.at.isoformat(), "action": entry.action, "branch": entry.branch} for entry in looked
        ],
        "not_here": ["Names, loans and PINs are in the library system alone."],
    }


@dataclass(frozen=True, slots=True)
class OwnVisits:
    """Her visits, and the branches they could have been at."""

    places: tuple[BranchView, ...]
    rows: tuple[OwnVisit, ...]


async def own_visits(session: Session, keys: KeyRing, registers: Registers, visitor: Visitor) -> OwnVisits:
    """Newest first."""
    places = await own_branches(session, registers, visitor)
    rows: list[OwnVisit] = []
    for branch in places:
        subjects = await subjects_of(session, keys, branch, visitor.number, register=visitor.register)
        rows += await visits_of(session, branch.id, subjects)
    return OwnVisits(tuple(places), tuple(sorted(rows, key=lambda visit: visit.at, reverse=True)))


async def _lists(session: Session, keys: KeyRing, branch: BranchView, visitor: Visitor) -> list[OwnEntry]:
    subjects = await subjects_of(session, keys, branch, visitor.number, register=visitor.register)
    return await entries_of(session, branch.id, subjects)


async def _wrong_pins(session: Session, keys: KeyRing, registers: Registers, visitor: Visitor) -> Held:
    limit = registers.wrong_pins(visitor.branch)
    place = Place(visitor.consortium, "", visitor.branch, visitor.register)
    stands = await standing(session, keys, place, [visitor.number], limit)
    return {"since_the_last_right_one": stands.failures, "in_a_row": stands.in_a_row, "locked": stands.lock is not None}


async def _rows(session: Session, patron: str) -> Held:
    held: Held = {}
    for entity, column in naming():
        rows = await session.all(select(entity).where(getattr(entity, column) == patron))
        if rows:
            held[str(entity.__tablename__)] = [_told(entity, row) for row in rows]
    return held


def naming() -> Iterator[tuple[type[Table], str]]:
    """Every table that names a patron, and the column by which it does."""
    for entity in entities():
        for column in inspect(entity).columns:
            is_key = any(foreign.target_fullname == "patron.id" for foreign in column.foreign_keys)
            if is_key or column.key == "patron_id":
                yield entity, column.key


def _told(entity: type[Table], row: Table) -> Held:
    columns = (column.key for column in inspect(entity).columns)
    return {name: _value(name, getattr(row, name)) for name in columns if name not in _OWNERS and not _is_staffs(name)}


def _is_staffs(name: str) -> bool:
    return name == "by" or name.endswith(_STAFF)


def _value(name: str, value: object) -> object:
    if isinstance(value, bytes) or name.endswith("digest"):
        return "kept so that nobody can read it without the server's keys"
    return value.isoformat() if isinstance(value, datetime | date) else value
