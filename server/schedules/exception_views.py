"""Writing an exception: the form, what it will do, drafts, saving and taking back. Works without any script."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.exceptions import ScheduleException
from server.schedules.calendar_effects import effects
from server.schedules.calendar_forms import (
    EVERY_DAY,
    LANGUAGES,
    Complaint,
    ExceptionDraft,
    Row,
    What,
    complaints,
    exception_in,
    fields_of,
    from_exception,
    from_form,
)
from server.schedules.calendar_gate import AtPlace, AtTarget, places
from server.schedules.calendar_preview import DAYS_SHOWN
from server.schedules.exception_lines import lines_of
from server.schedules.exceptions import (
    ExceptionView,
    discard_draft,
    exceptions_at,
    new_id,
    publish_draft,
    put_exception,
    remove_exception,
)
from server.schedules.history import ChangeView
from server.schedules.holidays import holiday_names
from server.schedules.refusals import ScheduleRefusal
from server.staff.service import SERVER, names
from server.web.gate import NotFound, Staff
from server.web.parts import HOME_ZONE, Parts, StaffParts
from server.web.show import show

router = APIRouter()

NEW = "new"


@dataclass(frozen=True, slots=True)
class Existing:
    """What is decided under an id already: the published exception, its draft, or both; neither for a new one."""

    published: ExceptionView | None = None
    draft: ExceptionView | None = None

    @property
    def newest(self) -> ExceptionView | None:
        """What the form shows: the draft where there is one."""
        return self.draft or self.published

    @property
    def stamp(self) -> str:
        """What the form keeps, so that two who edit it at once notice: the revisions it was made from."""
        return f"{self.published.revision if self.published else 0}.{self.draft.revision if self.draft else 0}"


async def existing(parts: Parts, at: AtPlace, key: str) -> Existing:
    """A dependency: what is decided at the place under the id in the path. NotFound where nothing is."""
    if key == NEW:
        return Existing()
    async with parts.database.reading(at.place.scope) as session:
        found = [view for view in await exceptions_at(session, at.place, drafts=True) if view.id == key]
    if not found:
        raise NotFound
    return Existing(
        next((view for view in found if not view.is_draft), None), next((view for view in found if view.is_draft), None)
    )


Before = Annotated[Existing, Depends(existing)]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is about to be saved, or (`removes`) taken back; `draft` is how it stands in the form."""

    draft: ExceptionDraft
    exception: ScheduleException
    removes: bool = False


@router.get("/hours/exceptions")
async def where(request: Request, parts: Parts, me: Staff, day: str = "", what: str = "") -> Response:
    """Where shall it hold? Asked of whoever may decide in several places."""
    found = await places(parts, me)
    if not found:
        raise NotFound
    prefill = {name: value for name, value in (("day", day), ("what", what)) if value}
    if len(found) == 1:
        return RedirectResponse(_address(NEW, found[0].id, **prefill), status_code=303)
    return show(request, "exception_where.html", me=me, places=found, prefill=prefill)


@router.get("/hours/exceptions/{key}")
async def form_page(
    request: Request,
    parts: Parts,
    at: AtPlace,
    before: Before,
    day: Annotated[list[str] | None, Query()] = None,
    what: str = What.CLOSED.value,
) -> Response:
    """The form: empty, begun from a day of the calendar, or what is decided already."""
    if before.newest:
        draft = from_exception(before.newest.exception)
    else:
        known = what if what in set(What) else What.CLOSED.value
        draft = ExceptionDraft(rows=tuple(Row(first=one[:10], what=known) for one in day or [""]))
    return await _form(request, parts, at, before, draft)


@router.post("/hours/exceptions/{key}")
async def edit(request: Request, parts: Parts, at: AtPlace, before: Before) -> Response:
    """One of the form's buttons: its rows', see what happens, save, keep as a draft, or go on editing."""
    form = await request.form()
    operation = str(form.get("op", "preview"))
    draft = from_form(form.multi_items()).edited(operation, _today(parts))
    if operation not in {"preview", "save", "draft"}:
        return await _form(request, parts, at, before, draft)
    wrong = complaints(draft)
    if wrong:
        return await _form(request, parts, at, before, draft, wrong)
    key = before.newest.id if before.newest else new_id()
    exception = exception_in(draft, key, at.place.level, _decided_at(parts, before))
    is_stale = form.get("stamp") != before.stamp
    if operation == "preview" or is_stale:
        return await _review(request, parts, at, before, Proposal(draft, exception), stale=is_stale)
    return await _save(request, parts, at, before, Proposal(draft, exception), publish=operation == "save")


@router.get("/hours/exceptions/{key}/remove")
async def removal(request: Request, parts: Parts, at: AtPlace, before: Before) -> Response:
    """What taking the exception back will do."""
    if before.published is None:
        raise NotFound
    return await _review(request, parts, at, before, _taking_back(before.published))


def _taking_back(view: ExceptionView) -> Proposal:
    return Proposal(from_exception(view.exception), view.exception, removes=True)


@router.post("/hours/exceptions/{key}/remove")
async def remove(request: Request, parts: Parts, at: AtPlace, before: Before) -> Response:
    """Take it back."""
    if before.published is None:
        raise NotFound
    form = await request.form()
    published, why = before.published, str(form.get("why", ""))[:200]
    if form.get("stamp") != before.stamp:
        return await _review(request, parts, at, before, _taking_back(published), stale=True)
    try:
        async with parts.database.session(at.place.scope) as session:
            change = await remove_exception(
                session, at.place, published.id, at.me.account, revision=published.revision, why=why
            )
    except ScheduleRefusal:
        return await _review(request, parts, at, before, _taking_back(published), stale=True)
    return RedirectResponse(f"/hours/changes/{change.id}", status_code=303)


@router.post("/hours/exceptions/{key}/discard")
async def discard(parts: Parts, at: AtPlace, before: Before) -> Response:
    """Throw the draft away."""
    if before.draft is None:
        raise NotFound
    try:
        async with parts.database.session(at.place.scope) as session:
            change = await discard_draft(session, at.place, before.draft.id, at.me.account)
    except ScheduleRefusal as error:
        # Somebody else threw it away, or published it, a moment ago.
        raise NotFound from error
    return RedirectResponse(f"/hours/changes/{change.id}", status_code=303)


async def _save(
    request: Request, parts: StaffParts, at: AtTarget, before: Existing, proposal: Proposal, *, publish: bool
) -> Response:
    try:
        change = await (_publish if publish else _keep)(parts, at, before, proposal.exception)
    except ScheduleRefusal:
        return await _review(request, parts, at, before, proposal, stale=True)
    return RedirectResponse(f"/hours/changes/{change.id}", status_code=303)


async def _keep(parts: StaffParts, at: AtTarget, before: Existing, exception: ScheduleException) -> ChangeView:
    revision = before.draft.revision if before.draft else 0
    async with parts.database.session(at.place.scope) as session:
        return await put_exception(session, at.place, exception, at.me.account, draft=True, revision=revision)


async def _publish(parts: StaffParts, at: AtTarget, before: Existing, exception: ScheduleException) -> ChangeView:
    by = at.me.account
    async with parts.database.session(at.place.scope) as session:
        if before.draft is None:
            revision = before.published.revision if before.published else 0
            return await put_exception(session, at.place, exception, by, revision=revision)
        revision = before.draft.revision
        if exception != before.draft.exception:
            kept = await put_exception(session, at.place, exception, by, draft=True, revision=revision)
            revision = kept.id
        return await publish_draft(session, at.place, exception.id, by, revision=revision)


async def _form(
    request: Request,
    parts: StaffParts,
    at: AtTarget,
    before: Existing,
    draft: ExceptionDraft,
    wrong: list[Complaint] | None = None,
) -> Response:
    return show(
        request,
        "exception.html",
        me=at.me,
        lines_of=lines_of,
        at=at,
        status=422 if wrong else 200,
        draft=draft,
        translate=parts.pages.translator(parts.pages.language(request)).gettext,
        before=before,
        wrong=_by_field(wrong or []),
        address=_own(at, before),
        whats=list(What),
        every_day=EVERY_DAY,
        reason_languages=[*LANGUAGES, *(lang for lang, _ in draft.reasons if lang not in LANGUAGES)],
        **await _author(parts, before),
    )


def _by_field(wrong: list[Complaint]) -> dict[str, Complaint]:
    """The first complaint of each field, in the order of the form."""
    found: dict[str, Complaint] = {}
    for complaint in wrong:
        found.setdefault(complaint.where, complaint)
    return found


async def _review(
    request: Request, parts: StaffParts, at: AtTarget, before: Existing, proposal: Proposal, *, stale: bool = False
) -> Response:
    form = await request.form()
    today = _today(parts)
    async with parts.database.reading(at.place.scope) as session:
        found = await effects(
            session,
            at.place,
            proposal.exception,
            today,
            without=proposal.removes,
            before=before.published.exception if before.published else None,
            monday=_monday(str(form.get("monday", "")), str(form.get("turn", ""))),
        )
    return show(
        request,
        "exception_review.html",
        me=at.me,
        lines_of=lines_of,
        at=at,
        status=409 if stale else 200,
        before=before,
        proposal=proposal,
        fields=fields_of(proposal.draft),
        effects=found,
        stale=stale,
        today=today,
        address=_own(at, before),
        holiday_names=holiday_names(parts.pages.language(request)),
        **await _author(parts, before),
    )


async def _author(parts: StaffParts, before: Existing) -> dict[str, Any]:
    """Who wrote what the form was made from, and when."""
    if before.newest is None:
        return {"last_by": None, "last_at": None}
    async with parts.database.reading(SERVER) as session:
        who = await names(session, [before.newest.by])
    return {"last_by": who.get(before.newest.by, before.newest.by), "last_at": before.newest.at.astimezone(HOME_ZONE)}


def _own(at: AtTarget, before: Existing) -> str:
    return _address(before.newest.id if before.newest else NEW, at.place.id)


def _address(key: str, target_id: str, **more: str) -> str:
    return f"/hours/exceptions/{key}?{urlencode({'target': target_id, **more})}"


def _today(parts: StaffParts) -> date:
    # A place above branches has no wall clock of its own; staff's is the country's.
    return parts.clock.now().astimezone(HOME_ZONE).date()


def _decided_at(parts: StaffParts, before: Existing) -> datetime:
    known = before.newest.exception.decided_at if before.newest else None
    return known or parts.clock.now()


def _monday(text: str, turn: str) -> date | None:
    """The Monday a chart was begun with, turned on by one of its buttons; None where none sensible is written."""
    try:
        found = date.fromisoformat(text) + timedelta(days=int(turn) if turn in _TURNS else 0)
    except (ValueError, OverflowError):
        return None
    return found if found.weekday() == 0 and 2000 <= found.year < 2100 else None


_TURNS = frozenset({f"-{DAYS_SHOWN}", str(DAYS_SHOWN)})
