"""Access that ends soon: looked at for a reason, printed as notices, or taken to the library system, which writes."""

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel
from starlette.responses import Response

from server.audit.service import Data, record
from server.patrons.desk import LookReason, look_reason
from server.patrons.reminders import Ending, count, ending, remind
from server.staff.access import Action
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]
UTF8_SIGN = "\ufeff"
"""Without it spreadsheets take the file for another encoding."""


class Wanted(BaseModel):
    """What she wants to do with the list, and why she looks at it."""

    reason: str = ""
    op: str = "list"
    right: tuple[str, ...] = ()


@router.get("/branches/{branch_id}/patrons/ending")
async def ending_page(request: Request, parts: Parts, at: Giving) -> Response:
    """How many there are; who they are is asked for with a reason."""
    async with parts.database.reading(at.branch.scope) as session:
        waiting = await count(session, at.branch)
    return _page(request, at, waiting, None)


@router.post("/branches/{branch_id}/patrons/ending")
async def ending_list(request: Request, parts: Parts, at: Giving, wanted: Annotated[Wanted, Form()]) -> Response:
    """The list on the page, on paper or as a file; or that those chosen were reminded. One audit row each."""
    why = look_reason(wanted.reason)
    if why is None:
        return await ending_page(request, parts, at)
    async with parts.database.session(at.branch.scope) as session:
        reminded = await remind(session, at.branch, wanted.right) if wanted.op == "remind" else 0
        found = await ending(session, parts.keys, at.branch)
        waiting = await count(session, at.branch)
        action = "right.reminded" if reminded else "right.ending_read"
        told: Data = {"why": why.value, "rights": reminded or len(found), "as": wanted.op}
        await record(session, action, at.me.account, at.branch.scope, told, branch=at.branch.id)
    if wanted.op == "file":
        return _file(found)
    if wanted.op == "print":
        unreminded = [one for one in found if one.reminded_at is None]
        return show(request, "patrons_ending_notices.html", me=at.me, at=at, found=unreminded)
    return _page(request, at, waiting, found, why=why, reminded=reminded)


def _page(
    request: Request,
    at: AtBranch,
    waiting: int,
    found: list[Ending] | None,
    *,
    why: LookReason | None = None,
    reminded: int = 0,
) -> Response:
    page = "patrons_ending.html"
    return show(
        request,
        page,
        me=at.me,
        at=at,
        waiting=waiting,
        rights=found,
        why=why,
        reminded=reminded,
        looks=list(LookReason),
    )


def _file(found: list[Ending]) -> Response:
    """Numbers for the library system, which knows where to write to; kept nowhere on the way."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";")
    lines.writerow(["card", "last_day"])
    lines.writerows([one.number.value, one.last.isoformat()] for one in found)
    headers = {"Content-Disposition": 'attachment; filename="ending.csv"'}
    return Response(UTF8_SIGN + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
