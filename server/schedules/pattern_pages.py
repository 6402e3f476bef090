"""How every page about a branch's pattern goes: a form, a look at what it changes, and only then saving."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from meroppet.rules.branch import BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from server.replication.service import number_of
from server.schedules.delivery_views import of_number
from server.schedules.history import ChangeView
from server.schedules.holidays import holiday_names
from server.schedules.oddities import oddities
from server.schedules.pattern_diff import DAYS_AHEAD, DAYS_KNOWN, alike_days, differences, effects
from server.schedules.pattern_drafts import (
    PatternDraftView,
    discard_pattern_draft,
    pattern_draft,
    put_pattern_draft,
)
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import ScheduleView, nothing_yet, schedule_of, set_pattern
from server.schedules.written import Complaint, clock, hours_text
from server.staff.service import SERVER, names
from server.web.gate import AtBranch
from server.web.parts import StaffParts
from server.web.show import show

D = TypeVar("D")
NOT_ECHOED = frozenset({"token", "op", "version", "draft"})
LOOKED_AT = frozenset({"review", "save", "remove", "keep"})
"""Buttons after which the form must make sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternPage(Generic[D]):
    """One page's part of a pattern: its address below /hours, its template, and what its form holds.

    `read` is the form after the button `op`; `applied` the schedule that the form means; `shown` what its template
    needs besides the draft.
    """

    path: str
    template: str
    of: Callable[[Schedule], D]
    read: Callable[[Mapping[str, object], str], D]
    complaints: Callable[[D], list[Complaint]]
    applied: Callable[[D, Schedule], Schedule]
    shown: Callable[["Known", D], dict[str, Any]] = lambda _known, _draft: {}
    back: str = ""
    """Where one is after saving, if elsewhere than at `path`."""

    def address(self, at: AtBranch) -> str:
        """The page of a branch."""
        return f"/branches/{at.branch.id}/hours{self.path}"


@dataclass(frozen=True, slots=True)
class Known:
    """A branch's hours as a page finds them. `view` None: nobody has said anything.

    `base` is what the form starts from: the draft if one works on it, else the hours as they are, else a proposal.
    """

    at: AtBranch
    view: ScheduleView | None
    base: Schedule
    draft: PatternDraftView | None
    words: dict[str, Any]

    @property
    def version(self) -> str:
        """Which version of the pattern is looked at."""
        return str(self.view.version if self.view else 0)


async def known_of(request: Request, parts: StaffParts, at: AtBranch, *, on_draft: bool = False) -> Known:
    """What every page about the branch's hours shows or starts from; `on_draft`: from its draft, if there is one."""
    async with parts.database.reading(at.branch.scope) as session:
        view = await schedule_of(session, at.branch.id)
        known = view.schedule if view else await nothing_yet(session, at.branch)
        drafted = await pattern_draft(session, at.branch)
        number = await number_of(session, at.branch.consortium, at.branch.id, "schedule")
        delivery = await of_number(session, [at.branch], number)
        now = session.now
    async with parts.database.reading(SERVER) as session:
        who = await names(session, [said.by for said in (view, drafted) if said])
    lang = parts.pages.language(request)
    separator = "." if lang == "sv" else ":"
    now = now.astimezone(at.branch.wall)
    works_on = drafted if on_draft else None
    return Known(at, view, _base(known, works_on), works_on, {
        "me": at.me,
        "at": at,
        "now": now,
        "today": now.date(),
        "last_by": who[view.by] if view else None,
        "last_at": view.at.astimezone(at.branch.wall) if view else None,
        "drafted_by": who[drafted.by] if drafted else None,
        "drafted_at": drafted.at.astimezone(at.branch.wall) if drafted else None,
        "on_draft": works_on is not None,
        "delivery": delivery,
        "delivery_live": f"/branches/{at.branch.id}/hours/live",
        "holiday_names": holiday_names(lang),
        "separator": separator,
        "clock": lambda minute: clock(minute, separator),
        "hours_text": lambda windows: hours_text(windows, separator),
        "alike_days": alike_days,
    })  # fmt: skip


def _base(now: Schedule, drafted: PatternDraftView | None) -> Schedule:
    if drafted is None:
        return now
    # A draft is a pattern alone; what else is decided holds whatever becomes of it.
    return replace(
        drafted.schedule,
        holidays=now.holidays,
        exceptions=now.exceptions,
        orders=now.orders,
        known_until=now.known_until,
    )


async def form_page(request: Request, parts: StaffParts, at: AtBranch, page: PatternPage[D]) -> Response:
    """The page as it is, to be edited."""
    known = await known_of(request, parts, at, on_draft=request.query_params.get("draft") == "yes")
    return _form(request, known, page, page.of(known.base), [])


async def pressed(request: Request, parts: StaffParts, at: AtBranch, page: PatternPage[D]) -> Response:
    """One of the form's buttons: review, save, edit, or one of the page's own, after which the form stands anew."""
    form = await request.form()
    operation = str(form.get("op", "review"))
    known = await known_of(request, parts, at, on_draft=form.get("draft") == "yes")
    if operation == "discard":
        return await discard(parts, at, page.back or page.path)
    draft = page.read(form, operation)
    if operation not in LOOKED_AT:
        return _form(request, known, page, draft, [], changed=True)
    wrong = page.complaints(draft)
    if wrong:
        return _form(request, known, page, draft, wrong)
    schedule = page.applied(draft, known.base)
    if operation == "keep":
        return await _keep(parts, at, page, schedule)
    saved = await _save(parts, known, schedule, form) if operation == "save" else None
    if saved is not None:
        return RedirectResponse(f"{_after(at, page)}?{urlencode({'saved': saved.id})}", status_code=303)
    return _review(request, known, page, schedule, form, stale=operation == "save", removes=operation == "remove")


async def _keep(parts: StaffParts, at: AtBranch, page: PatternPage[D], schedule: Schedule) -> Response:
    async with parts.database.session(at.branch.scope) as session:
        await put_pattern_draft(session, at.branch, schedule, at.me.account)
    return RedirectResponse(f"{_after(at, page)}?draft=yes", status_code=303)


async def discard(parts: StaffParts, at: AtBranch, path: str) -> Response:
    """Throw the branch's draft away, and be on the page at `path` again."""
    async with parts.database.session(at.branch.scope) as session:
        await discard_pattern_draft(session, at.branch)
    return RedirectResponse(f"/branches/{at.branch.id}/hours{path}", status_code=303)


def _after(at: AtBranch, page: PatternPage[D]) -> str:
    return f"/branches/{at.branch.id}/hours{page.back}" if page.back else page.address(at)


async def _save(parts: StaffParts, known: Known, schedule: Schedule, form: FormData) -> ChangeView | None:
    """The change, or None where somebody else has changed the hours since they were looked at."""
    version = str(form.get("version", ""))[:9]
    looked_at = int(version) if version.isascii() and version.isdecimal() else -1
    at = known.at
    try:
        async with parts.database.session(at.branch.scope) as session:
            view = await set_pattern(session, at.branch, schedule, at.me.account, version=looked_at)
            if known.draft is not None:
                await discard_pattern_draft(session, at.branch)
            return view.change
    except ScheduleRefusal as refusal:
        if refusal.reason is not Refused.STALE:
            raise
        return None


def saved_change(request: Request) -> int | None:
    """The change that was made just now, in an address that follows saving."""
    saved = request.query_params.get("saved", "")
    return int(saved[:18]) if saved.isascii() and saved.isdecimal() else None


def _form(
    request: Request, known: Known, page: PatternPage[D], draft: D, wrong: list[Complaint], *, changed: bool = False
) -> Response:
    return show(
        request,
        page.template,
        status=422 if wrong else 200,
        draft=draft,
        action=page.address(known.at),
        is_new=known.view is None,
        wrong={complaint.field: complaint for complaint in reversed(wrong)},
        first_wrong=wrong[0].field if wrong else "",
        saved=saved_change(request),
        changed=changed,
        **known.words,
        **page.shown(known, draft),
    )


def _review(
    request: Request,
    known: Known,
    page: PatternPage[D],
    schedule: Schedule,
    form: FormData,
    *,
    stale: bool,
    removes: bool,
) -> Response:
    now, before = known.words["now"], known.view
    after, was = Hours(schedule), before.hours if before else None
    soon = effects(was, after, now)
    fields = [(name, str(value)) for name, value in form.multi_items() if name not in NOT_ECHOED]
    return show(
        request,
        "hours_review.html",
        action=page.address(known.at),
        fields=[*fields, *([("remove", "yes")] if removes else [])],
        version=known.version,
        # A draft may have been begun from hours that have changed since.
        stale=stale or (known.draft is not None and str(known.draft.base) != known.version),
        changes=differences(before.schedule if before else None, schedule),
        effects=soon,
        first_effect=None if soon else next(iter(effects(was, after, now, DAYS_KNOWN)), None),
        days_ahead=DAYS_AHEAD,
        oddities=oddities(before.schedule if before else None, schedule, known.words["today"]),
        before_now=before.hours.state_at(now).state if before else BranchState.CLOSED,
        after_now=after.state_at(now).state,
        **known.words,
    )
