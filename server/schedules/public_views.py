"""What anybody may read without signing in: opening hours as feeds, and a page to embed. No staff, no titles, no rules.

Rate-friendly: an answer is made once a minute and for each change of hours, however many ask.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from meroppet.pages import languages
from server.db import Session, unscoped
from server.organisations.service import BranchView, Kind, branch, branches, organisation
from server.replication.service import position
from server.schedules.feed_ical import calendar
from server.schedules.feed_jsonld import library
from server.schedules.feeds import (
    BRANCH_DAYS,
    CONSORTIUM_DAYS,
    Published,
    branch_json,
    consortium_json,
)
from server.schedules.open_now import open_now
from server.schedules.service import hours_of_many
from server.schedules.shelf import Kept, Shelf
from server.web.gate import NotFound
from server.web.parts import Parts, StaffParts

router = APIRouter(prefix="/public")

PUBLIC = unscoped("opening hours are public, whoever keeps the branch")
KEPT_SECONDS = 30
"""For how long whoever fetched an answer may use it without asking: a branch closed at once is seen so half a minute
later at most."""
HEADERS = {"Cache-Control": f"public, max-age={KEPT_SECONDS}", "Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class Place:
    """A branch, or a consortium with its branches."""

    kind: str
    id: str
    name: str
    consortium: str
    branches: tuple[BranchView, ...]


Make = Callable[[Place, Sequence[Published], datetime], bytes]


def shelf_of(request: Request) -> Shelf:
    """Where this process keeps its answers."""
    shelf = request.app.state.shelf
    assert isinstance(shelf, Shelf)  # noqa: S101 (narrowing: staff_pages sets it)
    return shelf


async def _branch(session: Session, place: str) -> Place:
    found = await branch(session, place)
    if found is None:
        raise NotFound
    return Place("branch", found.id, found.name, found.consortium, (found,))


async def _consortium(session: Session, place: str) -> Place:
    found = await organisation(session, place)
    if found is None or found.kind is not Kind.CONSORTIUM:
        raise NotFound
    under = [view for view in await branches(session) if view.consortium == place]
    return Place("consortium", found.id, found.name, found.id, tuple(under))


async def _answer(
    request: Request,
    parts: StaffParts,
    find: Callable[[Session], Awaitable[Place]],
    what: tuple[str, str],
    make: Make,
) -> Response:
    """`what` is the question's name with its language, and the answer's media type."""
    if not parts.public.hours:
        raise NotFound
    now = parts.clock.now()
    async with parts.database.reading(PUBLIC) as session:
        place = await find(session)
        number = (await position(session, place.consortium)).number
        question = (place.kind, place.id, what[0])
        kept = shelf_of(request).get(question, number, now)
        if kept is None:
            known = await hours_of_many(session, place.branches)
            many = [Published(view, known.get(view.id)) for view in place.branches]
            kept = shelf_of(request).put(question, number, now, make(place, many, now))
    return _response(request, kept, what[1])


def _response(request: Request, kept: Kept, media_type: str) -> Response:
    headers = {**HEADERS, "ETag": kept.tag}
    if media_type.startswith("text/html"):
        headers |= {"Vary": "Accept-Language"}
        del headers["Access-Control-Allow-Origin"]
    given = request.headers.get("if-none-match", "")
    if kept.tag in {tag.strip().removeprefix("W/") for tag in given.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(kept.body, media_type=media_type, headers=headers)


def _lang(request: Request) -> str:
    """As the address says, else Swedish: a feed is fetched by a machine, whose language says nothing."""
    return languages.known(request.query_params.get(languages.QUERY))


def _page_lang(request: Request) -> str:
    wanted = request.query_params.get(languages.QUERY)
    return languages.known(wanted or languages.preferred(request.headers.get("accept-language", "")))


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@router.get("/branches/{branch_id}/hours.json")
async def branch_hours_json(request: Request, parts: Parts, branch_id: str) -> Response:
    """State now, next change, and sixty days."""

    async def find(session: Session) -> Place:
        return await _branch(session, branch_id)

    def make(place: Place, many: Sequence[Published], now: datetime) -> bytes:
        return _dumped(branch_json(many[0], place.consortium, now))

    return await _answer(request, parts, find, ("json", "application/json"), make)


@router.get("/branches/{branch_id}/hours.jsonld")
async def branch_hours_jsonld(request: Request, parts: Parts, branch_id: str) -> Response:
    """A schema.org Library."""
    lang = _lang(request)

    async def find(session: Session) -> Place:
        return await _branch(session, branch_id)

    def make(place: Place, many: Sequence[Published], now: datetime) -> bytes:
        url = f"{parts.staff_url}/public/branches/{place.id}/open"
        return _dumped(library(many[0], url, now, lang, parts.pages.translator(lang).gettext))

    return await _answer(request, parts, find, (f"jsonld {lang}", "application/ld+json"), make)


@router.get("/branches/{branch_id}/hours.ics")
async def branch_hours_ics(request: Request, parts: Parts, branch_id: str) -> Response:
    """A calendar to subscribe to."""

    async def find(session: Session) -> Place:
        return await _branch(session, branch_id)

    return await _calendar(request, parts, find, BRANCH_DAYS)


@router.get("/consortia/{consortium_id}/hours.json")
async def consortium_hours_json(request: Request, parts: Parts, consortium_id: str) -> Response:
    """Every branch, two weeks each."""

    async def find(session: Session) -> Place:
        return await _consortium(session, consortium_id)

    def make(place: Place, many: Sequence[Published], now: datetime) -> bytes:
        return _dumped(consortium_json(place.name, place.id, many, now))

    return await _answer(request, parts, find, ("json", "application/json"), make)


@router.get("/consortia/{consortium_id}/hours.ics")
async def consortium_hours_ics(request: Request, parts: Parts, consortium_id: str) -> Response:
    """A calendar of every branch."""

    async def find(session: Session) -> Place:
        return await _consortium(session, consortium_id)

    return await _calendar(request, parts, find, CONSORTIUM_DAYS)


async def _calendar(
    request: Request, parts: StaffParts, find: Callable[[Session], Awaitable[Place]], days: int
) -> Response:
    lang = _lang(request)

    def make(place: Place, many: Sequence[Published], now: datetime) -> bytes:
        return calendar(place.name, many, now, days, lang, parts.pages.translator(lang).gettext)

    answer = await _answer(request, parts, find, (f"ics {lang}", "text/calendar; charset=utf-8"), make)
    answer.headers["Content-Disposition"] = 'inline; filename="hours.ics"'
    return answer


@router.get("/branches/{branch_id}/open")
async def branch_open(request: Request, parts: Parts, branch_id: str) -> Response:
    """The page that says whether the branch is open now."""

    async def find(session: Session) -> Place:
        return await _branch(session, branch_id)

    return await _page(request, parts, find, "open_now.html")


@router.get("/consortia/{consortium_id}/open")
async def consortium_open(request: Request, parts: Parts, consortium_id: str) -> Response:
    """The page that says which branches are open now."""

    async def find(session: Session) -> Place:
        return await _consortium(session, consortium_id)

    return await _page(request, parts, find, "open_now_all.html")


async def _page(
    request: Request, parts: StaffParts, find: Callable[[Session], Awaitable[Place]], template: str
) -> Response:
    lang = _page_lang(request)

    def make(place: Place, many: Sequence[Published], now: datetime) -> bytes:
        days = 1 if place.kind == "consortium" else 7
        shown = [open_now(published, now, lang, days) for published in many]
        return parts.pages.html(template, lang, place=place, shown=shown, now=now, here=request.url.path).encode()

    return await _answer(request, parts, find, (f"open {lang}", "text/html; charset=utf-8"), make)
