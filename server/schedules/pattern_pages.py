"""How every page about a branch's pattern goes: a form, a look at what it changes, and only then saving."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from server.schedules.holidays import HOLIDAYS_SE
from server.schedules.oddities import oddities
from server.schedules.pattern_diff import DAYS_AHEAD, DAYS_KNOWN, alike_days, differences, effects
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import ScheduleView, schedule_of, set_pattern
from server.schedules.written import Complaint, clock, hours_text
from server.staff.service import SERVER, names
from server.web.gate import AtBranch
from server.web.parts import StaffParts
from server.web.show import show

D = TypeVar("D")
NOT_ECHOED = frozenset({"token", "op", "version"})


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
    """A branch's hours as a page finds them. `view` None: nobody has said anything; `base` is then the proposal."""

    at: AtBranch
    view: ScheduleView | None
    base: Schedule
    words: dict[str, Any]

    @property
    def version(self) -> str:
        """Which version of the pattern is looked at."""
        return str(self.view.version if self.view else 0)


async def known_of(request: Request, parts: StaffParts, at: AtBranch) -> Known:
    """What every page about the branch's hours shows or starts from."""
    async with parts.database.reading(at.branch.scope) as session:
        view = await schedule_of(session, at.branch.id)
        number = await number_of(session, at.branch.consortium, at.branch.id, "schedule")
        delivery = await of_number(session, [at.branch], number)
        now = session.now
    async with parts.database.reading(SERVER) as session:
        who = await names(session, [view.by]) if view else {}
    lang = parts.pages.language(request)
    separator = "." if lang == "sv" else ":"
    return Known(at, view, view.schedule if view else Schedule(at.branch.zone), {
        "me": at.me,
        "at": at,
        "now": now.astimezone(at.branch.wall),
        "today": now.astimezone(at.branch.wall).date(),
        "last_by": who[view.by] if view else None,
        "last_at": view.at.astimezone(at.branch.wall) if view else None,
        "delivery": delivery,
        "delivery_live": f"/branches/{at.branch.id}/hours/live",
        "holiday_names": {name.key: name.swedish if lang == "sv" else name.english for name in HOLIDAYS_SE},
        "separator": separator,
        "clock": lambda minute: clock(minute, separator),
        "hours_text": lambda windows: hours_text(windows, separator),
        "alike_days": alike_days,
    })  # fmt: skip


async def form_page(request: Request, parts: StaffParts, at: AtBranch, page: PatternPage[D]) -> Response:
    """The page as it is, to be edited."""
    known = await known_of(request, parts, at)
    return _form(request, known, page, page.of(known.base), [])


async def pressed(request: Request, parts: StaffParts, at: AtBranch, page: PatternPage[D]) -> Response:
    """One of the form's buttons: review, save, edit, or one of the page's own, after which the form stands anew."""
    form = await request.form()
    operation = str(form.get("op", "review"))
    known = await known_of(request, parts, at)
    draft = page.read(form, operation)
    if operation not in {"review", "save", "remove"}:
        return _form(request, known, page, draft, [], changed=True)
    wrong = page.complaints(draft)
    if wrong:
        return _form(request, known, page, draft, wrong)
    schedule = page.applied(draft, known.base)
    if operation == "save":
        saved = await _save(parts, at, schedule, form)
        if saved is not None:
            return RedirectResponse(f"{_after(at, page)}?{urlencode({'saved': saved.id})}", status_code=303)
    return _review(request, known, page, schedule, form, stale=operation == "save", removes=operation == "remove")


def _after(at: AtBranch, page: PatternPage[D]) -> str:
    return f"/branches/{at.branch.id}/hours{page.back}" if page.back else page.address(at)


async def _save(parts: StaffParts, at: AtBranch, schedule: Schedule, form: FormData) -> ChangeView | None:
    """The change, or None where somebody else has changed the hours since they were looked at."""
    version = str(form.get("version", ""))
    try:
        async with parts.database.session(at.branch.scope) as session:
            known = int(version[:9]) if version.isascii() and version.isdecimal() else -1
            view = await set_pattern(session, at.branch, schedule, at.me.account, version=known)
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
        stale=stale,
        changes=differences(before.schedule if before else None, schedule),
        effects=soon,
        first_effect=None if soon else next(iter(effects(was, after, now, DAYS_KNOWN)), None),
        days_ahead=DAYS_AHEAD,
        oddities=oddities(before.schedule if before else None, schedule, known.words["today"]),
        before_now=before.hours.state_at(now).state if before else BranchState.CLOSED,
        after_now=after.state_at(now).state,
        **known.words,
    )
