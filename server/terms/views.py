"""The pages on which a place's text is written, looked at as patrons will see it, and published."""

from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from meroppet.pages import LANGUAGES
from meroppet.pages.prose import Piece, pieces
from server.audit.service import Data, record
from server.db import Session
from server.staff.service import SERVER, names
from server.terms.forms import LATER, Typed, draft_from, proposed, typed, typed_of
from server.terms.places import AtPlace, AtTextPlace, places_for
from server.terms.reach import catch_up
from server.terms.service import (
    Versions,
    VersionView,
    Wrong,
    accepted_by,
    discard_draft,
    draft_of,
    faults,
    publish_draft,
    save_draft,
    versions_of,
)
from server.terms.texts import Change, Text, difference
from server.web.gate import ALL_BRANCHES, NotAllowed, NotFound, Staff
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Shown:
    """A version in one language: as patrons read it, and against the one before."""

    own_name: str
    text: Text
    pieces: tuple[Piece, ...]
    changes: tuple[tuple[Change, str], ...]

    @property
    def is_changed(self) -> bool:
        """Whether any paragraph is another than before."""
        return any(change is not Change.SAME for change, _ in self.changes)


@router.get("/terms")
async def terms_page(request: Request, parts: Parts, me: Staff) -> Response:
    """Every place whose text she may write, with what it has."""
    async with parts.database.reading(ALL_BRANCHES) as session:
        places = await places_for(session, me.access)
        if not places:
            raise NotAllowed
        rows = [(place, await versions_of(session, place.id)) for place in places]
    return show(request, "terms.html", me=me, rows=rows, today=_today(parts))


@router.get("/terms/{place_id}")
async def place_page(request: Request, parts: Parts, at: AtPlace, told: str = "") -> Response:
    """What the place has published, and the form of its next version."""
    return await _form(request, parts, at, told=told)


@router.post("/terms/{place_id}/draft")
async def save(request: Request, parts: Parts, at: AtPlace) -> Response:
    """Keep what was typed as the draft and show it as patrons will see it; no door hears of it."""
    said = typed(dict(await request.form()))
    draft = draft_from(said)
    if isinstance(draft, Typed):
        return await _form(request, parts, at, said=draft, status=422)
    async with parts.database.session(at.place.scope) as session:
        before = (await versions_of(session, at.place.id)).newest
        wrong = faults(draft, before, _today(parts))
        if Wrong.TOO_LONG not in wrong:
            kept = await save_draft(session, at.place.consortium, at.place.id, draft, at.me.account)
            await _note(session, at, "terms.draft_saved", {"version": kept.number})
    if wrong:
        return await _form(request, parts, at, said=said, wrong=wrong, status=422)
    return RedirectResponse(f"/terms/{at.place.id}/preview", status_code=303)


@router.post("/terms/{place_id}/discard")
async def discard(parts: Parts, at: AtPlace) -> Response:
    """Throw the draft away."""
    async with parts.database.session(at.place.scope) as session:
        draft = (await versions_of(session, at.place.id)).draft
        if draft is not None:
            await discard_draft(session, draft)
            await _note(session, at, "terms.draft_discarded", {"version": draft.number})
    return RedirectResponse(f"/terms/{at.place.id}?told=discarded", status_code=303)


@router.get("/terms/{place_id}/preview")
async def preview(request: Request, parts: Parts, at: AtPlace) -> Response:
    """The draft as patrons will see it, what changes, and how many must accept it anew."""
    return await _preview(request, parts, at)


@router.post("/terms/{place_id}/publish")
async def publish(request: Request, parts: Parts, at: AtPlace) -> Response:
    """Publish the draft she has seen; the doors are told while she reads on."""
    sent = await request.form()
    number, seal = str(sent.get("number") or ""), str(sent.get("seal") or "")
    async with parts.database.session(at.place.scope) as session:
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        done = await publish_draft(session, at.place.id, wanted, at.me.account, _today(parts), seal=seal)
        if isinstance(done, VersionView):
            rule = done.rule
            data: Data = {
                "version": done.number, "effective": rule.effective.isoformat(), "grace_days": rule.grace_days,
                "anew": rule.anew, "sha256": " ".join(text.sha256[:16] for text in done.texts.values()),
            }  # fmt: skip
            await _note(session, at, "terms.published", data)
    if not isinstance(done, VersionView):
        return await _preview(request, parts, at, wrong=done, status=422)
    telling = BackgroundTask(catch_up, parts.database, parts.keys)
    return RedirectResponse(f"/terms/{at.place.id}?told=published", status_code=303, background=telling)


@router.get("/terms/{place_id}/versions/{number}")
async def version_page(request: Request, parts: Parts, at: AtPlace, number: int) -> Response:
    """A published version, word by word, with the digest that evidence names it by."""
    async with parts.database.reading(at.place.scope) as session:
        found = await versions_of(session, at.place.id)
    view = next((one for one in found.published if one.number == number), None)
    if view is None:
        raise NotFound
    before = next((one for one in reversed(found.published) if one.number < number), None)
    who = await _names(parts, [view])
    return show(
        request, "terms_version.html", me=at.me, at=at, view=view, before=before, shown=_shown(view, before), who=who
    )


async def _form(
    request: Request,
    parts: StaffParts,
    at: AtTextPlace,
    *,
    said: Typed | None = None,
    wrong: list[Wrong] | None = None,
    told: str = "",
    status: int = 200,
) -> Response:
    async with parts.database.reading(at.place.scope) as session:
        found = await versions_of(session, at.place.id)
        accepted = await accepted_by(session, at.place.id)
    if said is None and found.draft is not None:
        said = typed_of(found.draft)
    return show(
        request,
        "terms_place.html",
        me=at.me,
        at=at,
        status=status,
        found=found,
        said=said or proposed(found.newest, _today(parts) + timedelta(days=LATER)),
        wrong=wrong or [],
        told=told,
        accepted=accepted,
        who=await _names(parts, found.published),
        today=_today(parts),
        in_force=_in_force(found, _today(parts)),
    )


async def _preview(
    request: Request, parts: StaffParts, at: AtTextPlace, *, wrong: list[Wrong] | None = None, status: int = 200
) -> Response:
    async with parts.database.reading(at.place.scope) as session:
        found = await versions_of(session, at.place.id)
        accepted = await accepted_by(session, at.place.id)
    if found.draft is None:
        return RedirectResponse(f"/terms/{at.place.id}", status_code=303)
    today = _today(parts)
    rule = found.draft.rule
    return show(
        request,
        "terms_preview.html",
        me=at.me,
        at=at,
        status=status,
        draft=found.draft,
        before=found.newest,
        wrong=wrong or faults(draft_of(found.draft), found.newest, today),
        shown=_shown(found.draft, found.newest),
        accepted=accepted,
        last_day=rule.effective + timedelta(days=rule.grace_days - 1),
        today=today,
    )


def _shown(view: VersionView, before: VersionView | None) -> list[Shown]:
    found = []
    for language in LANGUAGES:
        text = view.texts.get(language.code)
        if text is not None:
            old = before.texts.get(language.code) if before else None
            changes = tuple(difference(old.body if old else "", text.body)) if before else ()
            found.append(Shown(language.own_name, text, pieces(text.body), changes))
    return found


def _in_force(found: Versions, today: date) -> VersionView | None:
    return next((view for view in reversed(found.published) if view.rule.effective <= today), None)


async def _names(parts: StaffParts, views: tuple[VersionView, ...] | list[VersionView]) -> dict[str, str]:
    async with parts.database.reading(SERVER) as session:
        return await names(session, [view.published_by or view.made_by for view in views])


async def _note(session: Session, at: AtTextPlace, action: str, data: Data) -> None:
    await record(session, action, at.me.account, at.place.concerns, {"place": at.place.id, **data})


def _today(parts: StaffParts) -> date:
    return parts.clock.now().astimezone(HOME_ZONE).date()
