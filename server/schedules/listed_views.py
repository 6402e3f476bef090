"""Which cards are let in when others are not: staff, cleaners, guests of an event. Their numbers are never shown."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.exceptions import Event
from server.db import Session
from server.schedules.exceptions import ExceptionView, exceptions_over
from server.schedules.listed import STAFF, cards_on, group_lists, put_card, remove_card
from server.schedules.refusals import ScheduleRefusal
from server.staff.access import Action
from server.staff.service import SERVER, names
from server.web.gate import AtBranch, NotFound, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

LONGEST_LABEL = 60
_PERSONAL = re.compile(r"(?:[0-9]{2})?[0-9]{6}[-+ ]?[0-9]{4}")
"""What a Swedish personal identity number looks like."""

AtCards = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]


class Wrong(StrEnum):
    """What is wrong with what was written."""

    CARD = "card"
    LABEL = "label"
    NUMBER_IN_LABEL = "number_in_label"


@dataclass(frozen=True, slots=True)
class GuestList:
    """An event for invited people only, or a group with hours of its own."""

    key: str
    title: str
    is_group: bool = False


@router.get("/branches/{branch_id}/hours/cards")
async def cards_page(request: Request, parts: Parts, at: AtCards, event: str = STAFF, told: str = "") -> Response:
    """The cards on one list, and a form for one more."""
    return await _page(request, parts, at, event, told=told)


@router.post("/branches/{branch_id}/hours/cards")
async def add_card(
    request: Request,
    parts: Parts,
    at: AtCards,
    event: Annotated[str, Form()] = STAFF,
    card: Annotated[str, Form()] = "",
    label: Annotated[str, Form()] = "",
) -> Response:
    """Put a card on a list under a label."""
    number, called = card_from_text(card), " ".join(label.split())
    wrong = _wrong(number, called)
    if wrong is not None or number is None:
        return await _page(request, parts, at, event, wrong=wrong or Wrong.CARD, label=called)
    try:
        async with parts.database.session(at.branch.scope) as session:
            await put_card(session, parts.keys, at.branch, event, number, called, at.me.account)
    except ScheduleRefusal as refused:
        raise NotFound from refused
    return _back(at, event, "added")


@router.post("/branches/{branch_id}/hours/cards/remove")
async def take_off(
    parts: Parts, at: AtCards, event: Annotated[str, Form()] = STAFF, subject: Annotated[str, Form()] = ""
) -> Response:
    """Take a card off a list; gone already is as good."""
    async with parts.database.session(at.branch.scope) as session:
        await remove_card(session, at.branch, event, subject, at.me.account)
    return _back(at, event, "removed")


def _wrong(number: CardNumber | None, label: str) -> Wrong | None:
    if number is None:
        return Wrong.CARD
    if not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable():
        return Wrong.LABEL
    # The label is kept as it is written: a number in it would be kept with it.
    if number.value in label.upper().replace(" ", "") or _PERSONAL.search(label):
        return Wrong.NUMBER_IN_LABEL
    return None


def _back(at: AtBranch, event: str, told: str) -> Response:
    chosen = "" if event == STAFF else f"event={event}&"
    return RedirectResponse(f"/branches/{at.branch.id}/hours/cards?{chosen}told={told}", status_code=303)


async def _page(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    event: str,
    *,
    told: str = "",
    wrong: Wrong | None = None,
    label: str = "",
) -> Response:
    async with parts.database.reading(at.branch.scope) as session:
        guests = await _guest_lists(session, at)
        if event != STAFF and event not in {own.key for own in guests}:
            raise NotFound
        cards = await cards_on(session, at.branch, event)
        async with session.within(SERVER):
            who = await names(session, [card.by for card in cards])
    is_group = any(own.is_group for own in guests if own.key == event)
    context: dict[str, Any] = {
        "is_group": is_group,
        "cards": cards,
        "who": who,
        "guests": guests,
        "event": event,
        "label": label,
    }
    status = 422 if wrong else 200
    return show(
        request, "cards.html", me=at.me, at=at, status=status, told=told, wrong=wrong, staff_list=STAFF, **context
    )


async def _guest_lists(session: Session, at: AtBranch) -> list[GuestList]:
    today = session.now.astimezone(at.branch.wall).date()
    found = await exceptions_over(session, at.branch)
    events = [GuestList(own.id, own.exception.title) for own in found if _invites(own) and _ends(own) >= today]
    groups = await group_lists(session, at.branch.id)
    return [*(GuestList(key, name, is_group=True) for key, name in groups.items()), *events]


def _invites(view: ExceptionView) -> bool:
    contents = (content for days in view.exception.days for content in days.contents)
    return any(isinstance(content, Event) and content.listed_only for content in contents)


def _ends(view: ExceptionView) -> date:
    return max(days.last for days in view.exception.days)
