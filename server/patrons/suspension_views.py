"""Suspending a patron from coming in alone, lifting it, and the notice that is handed to her."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel
from starlette.responses import Response

from meroppet.rules.credentials import card_from_text
from server.audit.service import Data
from server.patrons.desk import REACHES, ask, form, holder, look_reason, note, places, shown, whose
from server.patrons.reach import Reach
from server.patrons.service import known_or_new
from server.patrons.suspensions import Notice, Suspension, SuspensionReason, lift, notice_given, suspend, suspension
from server.staff.access import Action
from server.web.gate import AtBranch, NotAllowed, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]


class Wanted(BaseModel):
    """The form of a suspension, as it was sent."""

    card: str = ""
    reason: str = ""
    why: str = ""
    reach: str = ""
    first: str = ""
    last: str = ""
    notice: str = Notice.NOT_YET.value

    def meant(self, today: date) -> Suspension | None:
        """What it means, or None where a word is missing. An end is always asked for; it begins today if not said."""
        try:
            return Suspension(
                reason=SuspensionReason(self.why),
                first=date.fromisoformat(self.first) if self.first.strip() else today,
                last=date.fromisoformat(self.last),
                notice=Notice(self.notice),
                reach=Reach(self.reach),
            )
        except ValueError:
            return None


class Chosen(BaseModel):
    """Which suspension of whose, as it was sent."""

    card: str = ""
    reason: str = ""
    suspension: str = ""
    notice: str = ""


@router.post("/branches/{branch_id}/patrons/suspend")
async def suspend_her(request: Request, parts: Parts, at: Giving, wanted: Annotated[Wanted, Form()]) -> Response:
    """Keep her out for a while; doors know within a second."""
    number, why = card_from_text(wanted.card), look_reason(wanted.reason)
    if number is None or why is None:
        return form(request, at, wrong="card", card=wanted.card)
    asked = await ask(parts, at, number, why)
    meant = wanted.meant(parts.clock.now().astimezone(at.branch.wall).date())
    if meant is None:
        return await shown(request, parts, at, asked, wrong="suspension")
    if not at.may(REACHES[meant.reach]):
        raise NotAllowed
    async with parts.database.session(at.branch.scope) as session:
        found = await holder(session, parts, at, asked)
        if found is None:
            return form(request, at, wrong="unknown", card=wanted.card)
        patron = await known_or_new(session, parts.keys, at.branch.consortium, found)
        wrong = await suspend(session, parts.keys, at.branch, [patron], meant, by=at.me.account)
        if wrong is None:
            told: Data = {"reach": meant.reach.value, "code": meant.reason.value}
            told |= {"first": meant.first.isoformat(), "last": meant.last.isoformat(), "notice": meant.notice.value}
            await note(session, parts, at, asked, "right.suspended", told)
    return await shown(request, parts, at, asked, told="" if wrong else "suspended", wrong=wrong)


@router.post("/branches/{branch_id}/patrons/lift")
async def lift_it(request: Request, parts: Parts, at: Giving, chosen: Annotated[Chosen, Form()]) -> Response:
    """End a suspension before its time; doors know within a second."""
    number, why = card_from_text(chosen.card), look_reason(chosen.reason)
    if number is None or why is None:
        return form(request, at, wrong="card", card=chosen.card)
    asked = await ask(parts, at, number, why)
    async with parts.database.session(at.branch.scope) as session:
        patron = await whose(session, parts, at, asked)
        found = None if patron is None else await suspension(session, at.branch, patron, chosen.suspension)
        if found is not None and not at.may(REACHES[found.reach]):
            raise NotAllowed
        by = at.me.account
        is_lifted = patron is not None and await lift(session, parts.keys, at.branch, patron, chosen.suspension, by=by)
        if is_lifted:
            await note(session, parts, at, asked, "right.suspension_lifted", {"suspension": chosen.suspension})
    told, wrong = ("lifted", None) if is_lifted else ("", "nothing_to_lift")
    return await shown(request, parts, at, asked, told=told, wrong=wrong)


@router.post("/branches/{branch_id}/patrons/notice")
async def notice(request: Request, parts: Parts, at: Giving, chosen: Annotated[Chosen, Form()]) -> Response:
    """The notice on paper; with `notice`, how she was told is written down first."""
    number, why = card_from_text(chosen.card), look_reason(chosen.reason)
    if number is None or why is None:
        return form(request, at, wrong="card", card=chosen.card)
    asked = await ask(parts, at, number, why)
    way = Notice(chosen.notice) if chosen.notice in set(Notice) else None
    # Nothing but a known word: what somebody writes by hand does not belong in the log.
    told: Data = {"suspension": chosen.suspension, "notice": way}
    async with parts.database.session(at.branch.scope) as session:
        patron = await whose(session, parts, at, asked)
        found = None if patron is None else await suspension(session, at.branch, patron, chosen.suspension)
        if patron is not None and found is not None:
            if way is not None:
                await notice_given(session, at.branch, patron, found.id, way)
            await note(session, parts, at, asked, "right.notice", told)
    if found is None:
        return await shown(request, parts, at, asked, wrong="nothing_to_lift")
    if way is not None:
        return await shown(request, parts, at, asked, told="saved")
    name = (asked.answer.name or "") if asked.answer else ""
    return show(
        request,
        "patron_notice.html",
        me=at.me,
        at=at,
        found=found,
        name=name,
        card=number.value,
        why_look=why,
        places=await places(parts, at),
    )
