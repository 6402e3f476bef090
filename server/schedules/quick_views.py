"""Quick actions for a phone in the hand: the first tap chooses, the second confirms; afterwards ten seconds to undo.

What an action will do is told beforehand from the very order or exception that will be given.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from datetime import time as time_of
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.pages import LANGUAGES
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import MINUTES_A_DAY
from meroppet.rules.schedule import Schedule
from server.db import Session
from server.schedules.delivery_views import delivery_stream, of_change
from server.schedules.history import ChangeView, change_of, undo
from server.schedules.quick import (
    close_now,
    closing,
    extend_today,
    extension,
    no_self_service_tonight,
    reopen,
    reopened,
)
from server.schedules.quick import tonight as no_self_service
from server.schedules.quick_choices import OTHER, REASONS, Quick, Reason, closed_from_above, own_orders, reason_given
from server.schedules.quick_effects import Effect, chosen_minute, effect, extended_by, tonight
from server.schedules.quick_state import LONGER, doors_of, quick_now
from server.schedules.refusals import Refused, ScheduleRefusal
from server.schedules.service import ScheduleView, as_if, schedule_of
from server.schedules.written import minute_in
from server.staff.access import Action
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

UNDO_SECONDS = 10
CHOSEN_TIME = "at"
REST_OF_TODAY, UNTIL_REOPENED = "rest", "open"
UNTILS: dict[Quick, tuple[str, ...]] = {
    Quick.CLOSE: (REST_OF_TODAY, UNTIL_REOPENED),
    Quick.EXTEND: (*map(str, LONGER), CHOSEN_TIME),
    Quick.TONIGHT: ("",),
    Quick.REOPEN: ("",),
}
"""What each action can be chosen to last; the first is chosen already."""

TRIED = "tried"
"""The id of what is only thought of."""

AtHours = Annotated[AtBranch, Depends(at_branch(Action.HOURS))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form says: which action, for how long, a time as written, and why."""

    action: Quick
    until: str
    time: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Outlook:
    """One choice and what would come of it: an effect, or why it is refused; neither: it depends on what is typed."""

    until: str
    effect: Effect | None
    refused: ScheduleRefusal | None


@router.get("/branches/{branch_id}/quick")
async def quick_page(request: Request, parts: Parts, at: AtHours, done: int = 0) -> Response:
    """What can be done now; after something was done, what, with its undoing."""
    async with parts.database.reading(at.branch.scope) as session:
        quick = await quick_now(session, at.branch)
        change = await change_of(session, done) if done else None
    if done and (change is None or change.target.id != at.branch.id):
        raise NotFound
    context = await _done(parts, at, change) if change else {"done": None, "refused": None}
    return show(request, "quick.html", me=at.me, at=at, quick=quick, **context)


async def _done(parts: StaffParts, at: AtBranch, change: ChangeView) -> dict[str, Any]:
    async with parts.database.reading(at.branch.scope) as session:
        view = await schedule_of(session, at.branch.id)
        left = UNDO_SECONDS - (session.now - change.at).total_seconds()
        delivery = await of_change(session, [at.branch], change)
        now = session.now
    return {
        "done": change,
        "refused": None,
        "effect": effect(view.hours, view.hours, now) if view else None,
        "now": now.astimezone(at.branch.wall),
        # A change that undoes another is put right by doing the thing anew, and from the history.
        "seconds_left": max(0, round(left)) if change.undoes is None else 0,
        "delivery": delivery,
        "delivery_live": f"/branches/{at.branch.id}/quick/live?change={change.id}",
    }


@router.get("/branches/{branch_id}/quick/live")
async def quick_live(request: Request, parts: Parts, at: AtHours, change: int) -> Response:
    """Which doors and kiosks have a change, as they get it."""
    async with parts.database.reading(at.branch.scope) as session:
        found = await change_of(session, change)
    if found is None or found.target.id != at.branch.id:
        raise NotFound
    return delivery_stream(request, parts, [at.branch], found)


@router.post("/branches/{branch_id}/quick/undo")
async def quick_undo(request: Request, parts: Parts, at: AtHours, change: Annotated[int, Form()] = 0) -> Response:
    """Take back what was just done. Somebody slow is not refused: the history would let her do the same."""
    try:
        async with parts.database.session(at.branch.scope) as session:
            found = await change_of(session, change)
            if found is None or found.target.id != at.branch.id:
                raise NotFound
            undone = await undo(session, change, at.me.account)
    except ScheduleRefusal as refused:
        return await _refused(request, parts, at, refused)
    return _afterwards(at, undone)


@router.get("/branches/{branch_id}/quick/{action}")
async def confirm_page(request: Request, parts: Parts, at: AtHours, action: Quick, until: str = "") -> Response:
    """What it will do, why, and the button that does it."""
    chosen = until if until in UNTILS[action] else UNTILS[action][0]
    return await _confirm(request, parts, at, Wanted(action, chosen, "", reason_said(parts, action, "", "")))


@router.post("/branches/{branch_id}/quick/{action}")
async def act(
    request: Request,
    parts: Parts,
    at: AtHours,
    action: Quick,
    until: Annotated[str, Form()] = "",
    time: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    typed: Annotated[str, Form()] = "",
) -> Response:
    """The second tap."""
    chosen = until if until in UNTILS[action] else UNTILS[action][0]
    wanted = Wanted(action, chosen, time.strip()[:8], reason_said(parts, action, reason, typed))
    if chosen == CHOSEN_TIME and minute_in(wanted.time) is None:
        return await _confirm(request, parts, at, wanted, wrong_time=True)
    try:
        async with parts.database.session(at.branch.scope) as session:
            view = await schedule_of(session, at.branch.id)
            if view is None:
                raise ScheduleRefusal(Refused.NO_HOURS)
            change = await _act(session, at, view, wanted)
    except ScheduleRefusal as refused:
        return await _confirm(request, parts, at, wanted, refused=refused)
    return _afterwards(at, change)


def _afterwards(at: AtBranch, change: ChangeView) -> Response:
    return RedirectResponse(f"/branches/{at.branch.id}/quick?done={change.id}", status_code=303)


def reason_said(parts: StaffParts, action: Quick, key: str, typed: str) -> Reason:
    """The reason a form gives, in every language there is."""
    say = {language.code: parts.pages.translator(language.code).gettext for language in LANGUAGES}
    return reason_given(action, OTHER if typed.strip() else key, typed, say)


async def _act(session: Session, at: AtBranch, view: ScheduleView, wanted: Wanted) -> ChangeView:
    """Do it in this session. Raises ScheduleRefusal."""
    branch, by, why, reasons = at.branch, at.me.account, wanted.reason.why, wanted.reason.texts
    match wanted.action:
        case Quick.CLOSE:
            until = _closed_until(view, session.now, wanted)
            return await close_now(session, branch, by, until, why, reasons)
        case Quick.EXTEND:
            return await extend_today(session, branch, by, _minute(view, session.now, wanted), why, reasons)
        case Quick.TONIGHT:
            return await no_self_service_tonight(session, branch, by, why, reasons)
        case Quick.REOPEN:
            return await reopen(session, branch, by, why)


def _as_if(view: ScheduleView, now: datetime, wanted: Wanted) -> Schedule:
    """What the branch's hours would be. Raises ScheduleRefusal."""
    schedule, reasons = view.schedule, wanted.reason.texts
    match wanted.action:
        case Quick.CLOSE:
            order = closing(now, _closed_until(view, now, wanted), reasons, TRIED)
            return replace(schedule, orders=(*schedule.orders, order))
        case Quick.EXTEND:
            return as_if(schedule, extension(view.hours, now, _minute(view, now, wanted), reasons, TRIED))
        case Quick.TONIGHT:
            return replace(schedule, orders=(*schedule.orders, no_self_service(view.hours, now, reasons, TRIED)))
        case Quick.REOPEN:
            if not own_orders(schedule.orders, now):
                raise ScheduleRefusal(
                    Refused.CLOSED_WIDER if closed_from_above(view.hours, now) else Refused.NOT_CLOSED
                )
            return reopened(schedule, now)


def _closed_until(view: ScheduleView, now: datetime, wanted: Wanted) -> datetime | None:
    return tonight(view.hours, now) if wanted.until == REST_OF_TODAY else None


def _minute(view: ScheduleView, now: datetime, wanted: Wanted) -> int:
    if wanted.until == CHOSEN_TIME:
        chosen = (minute_in(wanted.time) or 0) % MINUTES_A_DAY
        return chosen_minute(now.astimezone(view.hours.zone), time_of(chosen // 60, chosen % 60))
    return extended_by(view.hours, now, int(wanted.until))


async def _confirm(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    wanted: Wanted,
    *,
    refused: ScheduleRefusal | None = None,
    wrong_time: bool = False,
) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        view, now = await schedule_of(session, at.branch.id), session.now
        quick, doors = await quick_now(session, at.branch), await doors_of(session, at.branch)
    outlooks = [_outlook(view, now, replace(wanted, until=until)) for until in UNTILS[wanted.action]]
    return show(
        request,
        "quick_confirm.html",
        me=at.me,
        at=at,
        status=422 if refused or wrong_time else 200,
        quick=quick,
        wanted=wanted,
        reasons=REASONS[wanted.action],
        outlooks=outlooks,
        # Where each choice is refused for itself nothing could be confirmed.
        is_hopeless=all(outlook.refused for outlook in outlooks),
        doors=doors,
        now=now.astimezone(at.branch.wall),
        refused=refused,
        wrong_time=wrong_time,
    )


def _outlook(view: ScheduleView | None, now: datetime, wanted: Wanted) -> Outlook:
    if wanted.until == CHOSEN_TIME:
        return Outlook(wanted.until, None, None)
    try:
        if view is None:
            raise ScheduleRefusal(Refused.NO_HOURS)
        after = Hours(_as_if(view, now, wanted))
    except ScheduleRefusal as refused:
        return Outlook(wanted.until, None, refused)
    return Outlook(wanted.until, effect(view.hours, after, now), None)


async def _refused(request: Request, parts: StaffParts, at: AtBranch, refused: ScheduleRefusal) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        quick = await quick_now(session, at.branch)
    return show(request, "quick.html", me=at.me, at=at, status=409, quick=quick, done=None, refused=refused)
