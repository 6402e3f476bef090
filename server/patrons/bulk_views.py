"""The same change for many cards: pasted or scanned one after the other, looked through, and done when she agrees."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel
from starlette.responses import Response

from server.audit.service import Data, record
from server.patrons.bulk import (
    CARRIED_OUT,
    MOST_CARDS,
    Batch,
    Deed,
    Order,
    OrderRefusal,
    Outcome,
    Place,
    Sorted,
    answers,
    card_texts,
    carry_out,
    looked_through,
    wrong,
)
from server.patrons.desk import REACHES, LookReason, look_reason
from server.patrons.reach import Reach
from server.patrons.suspensions import SuspensionReason
from server.staff.access import Action
from server.web.gate import AtBranch, NotAllowed, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]
MOST_TOLD = 50
"""Cards of the list that are left out, on the page; how many more there are is told."""


class Wanted(BaseModel):
    """The form, as it was sent."""

    cards: str = ""
    deed: str = Deed.GRANT.value
    reach: str = Reach.BRANCH.value
    last: str = ""
    why: str = ""
    introduced: str = ""
    reason: str = ""
    op: str = "look"

    def order(self) -> Order | None:
        """What it means, or None where a word or a day is none."""
        try:
            return Order(
                deed=Deed(self.deed),
                reach=Reach(self.reach),
                last=date.fromisoformat(self.last) if self.last.strip() else None,
                reason=SuspensionReason(self.why) if self.why else None,
                introduced=bool(self.introduced),
            )
        except ValueError:
            return None


@router.get("/branches/{branch_id}/patrons/several")
async def several_page(request: Request, at: Giving) -> Response:
    """Where cards are pasted."""
    return _page(request, at, Wanted())


@router.post("/branches/{branch_id}/patrons/several")
async def several(request: Request, parts: Parts, at: Giving, wanted: Annotated[Wanted, Form()]) -> Response:
    """Look a list of cards through, or do what it was looked through for; one audit row each."""
    order, texts, why = wanted.order(), card_texts(wanted.cards), look_reason(wanted.reason)
    today = parts.clock.now().astimezone(at.branch.wall).date()
    refused = OrderRefusal.NO_DAY if order is None else wrong(order, texts, today)
    if order is None or refused is not None or why is None:
        return _page(request, at, wanted, refused=refused.value if refused else "no_look")
    if not at.may(REACHES[order.reach]):
        raise NotAllowed
    said = {} if order.takes else await answers(parts.registers.ils(at.branch.id), texts)
    here = Place(parts.keys, at.branch, parts.registers.of(at.branch.id) or "")
    is_doing = wanted.op == "do"
    async with parts.database.session(at.branch.scope) as session:
        batch = await looked_through(session, here, texts, order, said)
        done = await carry_out(session, here, batch, order, by=at.me.account) if is_doing else None
        told: Data = {"deed": order.deed.value, "reach": order.reach.value, "cards": len(texts), "why": why.value}
        told |= {"changed": done.changed if done else 0, "held": done.held.id if done and done.held else None}
        action = CARRIED_OUT if is_doing else "patron.several_looked_up"
        await record(session, action, at.me.account, at.branch.scope, told, branch=at.branch.id)
    return _page(request, at, wanted, batch=batch, done=done)


def _page(
    request: Request,
    at: AtBranch,
    wanted: Wanted,
    *,
    refused: str | None = None,
    batch: Batch | None = None,
    done: Outcome | None = None,
) -> Response:
    return show(
        request,
        "patrons_several.html",
        me=at.me,
        at=at,
        status=422 if refused else 200,
        wanted=wanted,
        refused=refused,
        batch=batch,
        done=done,
        changes=len(batch.changed) if batch else 0,
        left_out=batch.left_out[:MOST_TOLD] if batch else [],
        more=max(0, len(batch.left_out) - MOST_TOLD) if batch else 0,
        sorted_words=list(Sorted),
        reaches=[reach for reach, action in REACHES.items() if at.may(action)],
        reasons=list(SuspensionReason),
        looks=list(LookReason),
        most=MOST_CARDS,
    )
