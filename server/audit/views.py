"""The log of what staff did, for those who answer for it; that it was read is a line of it too."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from server.audit.service import PAGE, Data, EntryView, recent, recent_of_server, record
from server.audit.words import words_of
from server.db import Scope, Session
from server.organisations.service import branches, organisations
from server.staff.access import Grant, Role
from server.staff.service import SERVER, SignedIn, accounts
from server.web.gate import ALL_BRANCHES, NotAllowed, Staff
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

HIGHEST = 2**62
Before = Annotated[int | None, Query(ge=1, le=HIGHEST)]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page: an entry, its action in words, its place and who did it by name, its data readable.

    `actor` is empty where no account has the id: the page then shows the id itself.
    """

    entry: EntryView
    words: str
    place: str
    actor: str
    data: list[tuple[str, object]]


@router.get("/audit")
async def audit_page(request: Request, parts: Parts, me: Staff, before: Before = None) -> Response:
    """What concerned the branches she answers for, 100 lines a page."""
    grants = me.access.log_grants()
    if not grants:
        raise NotAllowed
    async with parts.database.session(ALL_BRANCHES) as session:
        places = [SERVER] if me.access.runs_the_server() else await _places(session, grants)
        entries = await recent(session, places, before)
        for place in places:
            await record(session, "audit.read", me.account, place, _said("branches", before))
        lines = await _lines(session, entries)
    return _show(request, me, "branches", lines)


@router.get("/audit/server")
async def server_audit_page(request: Request, parts: Parts, me: Staff, before: Before = None) -> Response:
    """What concerned the server and its accounts, for who runs it."""
    if not me.access.runs_the_server():
        raise NotAllowed
    async with parts.database.session(ALL_BRANCHES) as session:
        entries = await recent_of_server(session, before)
        await record(session, "audit.read", me.account, SERVER, _said("server", before))
        lines = await _lines(session, entries)
    return _show(request, me, "server", lines)


async def _places(session: Session, grants: frozenset[Grant]) -> list[Scope]:
    """The widest places these grants (none of them the server's) lie at, each once."""
    whole = sorted(grant.place for grant in grants if grant.role is Role.CONSORTIUM)
    parts_of = sorted(grant.place for grant in grants if grant.role is Role.MUNICIPALITY)
    lies_in = {view.controller: view.consortium for view in await branches(session)}
    single = [Scope.of_controller(lies_in[place], place) for place in parts_of if place in lies_in]
    return [*map(Scope.of_consortium, whole), *(place for place in single if place.consortium not in whole)]


def _said(log: str, before: int | None) -> Data:
    return {"log": log} if before is None else {"log": log, "before": before}


async def _lines(session: Session, entries: list[EntryView]) -> list[Line]:
    names = {view.id: view.name for view in await organisations(session)}
    names |= {view.id: view.name for view in await branches(session)}
    people = {view.id: f"{view.name} ({view.username})" for view in await accounts(session)}
    return [_line(entry, names, people) for entry in entries]


def _line(entry: EntryView, names: dict[str, str], people: dict[str, str]) -> Line:
    place = entry.branch or entry.controller or ""
    shown = {"account": people, "place": names}
    data = [
        (key, shown.get(key, {}).get(str(value), value)) for key, value in sorted(entry.data.items()) if value != ""
    ]
    return Line(entry, words_of(entry.action), names.get(place, place), people.get(entry.actor, ""), data)


def _show(request: Request, me: SignedIn, log: str, lines: list[Line]) -> Response:
    older = lines[-1].entry.number if len(lines) == PAGE else None
    return show(request, "audit.html", me=me, log=log, lines=lines, older=older)
