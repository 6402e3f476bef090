"""A register's new numbers from a file: what each line comes to is shown, and done when she agrees."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.db import Scope
from server.patrons.rekey import Done, Plan, carry_out, plan, read_lines
from server.staff.access import Action
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts
from server.web.show import show

router = APIRouter()

Keeping = Annotated[AtBranch, Depends(at_branch(Action.CARDS))]
MOST_TOLD = 50


@router.get("/branches/{branch_id}/patrons/numbers")
async def numbers_page(request: Request, at: Keeping) -> Response:
    """Where the file is chosen."""
    return _page(request, at)


@router.post("/branches/{branch_id}/patrons/numbers")
async def numbers(request: Request, parts: Parts, at: Keeping) -> Response:
    """Look a file through (nothing is changed), or do what it was looked through for."""
    form = await request.form()
    text = await _text(form.get("file")) or str(form.get("lines", ""))
    await form.close()
    register = parts.registers.of(at.branch.id)
    if register is None:
        return _page(request, at, refused="no_register")
    try:
        lines = read_lines(text)
    except ValueError:
        return _page(request, at, refused="no_lines")
    scope = Scope.of_consortium(at.branch.consortium)
    if form.get("op") != "do":
        async with parts.database.reading(scope) as session:
            planned = await plan(session, parts.keys, at.branch.consortium, register, lines)
        return _page(request, at, planned=planned, text=text)
    async with parts.database.session(scope) as session:
        planned = await plan(session, parts.keys, at.branch.consortium, register, lines)
        done = await carry_out(session, parts.keys, at.branch.consortium, register, planned, by=at.me.account)
    return _page(request, at, planned=planned, done=done)


async def _text(given: object) -> str:
    """An uploaded file's text: what spreadsheets write, in UTF-8, UTF-16 or the encoding they wrote before."""
    if not isinstance(given, UploadFile) or not given.filename:
        return ""
    data = await given.read()
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _readable(data.decode("utf-16", errors="replace"))
    try:
        return _readable(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _readable(data.decode("cp1252", errors="replace"))


def _readable(text: str) -> str:
    """Without the character that no form may send back."""
    return text.replace("\x00", "\ufffd")


def _page(
    request: Request,
    at: AtBranch,
    *,
    refused: str | None = None,
    planned: Plan | None = None,
    text: str = "",
    done: Done | None = None,
) -> Response:
    conflicts = planned.conflicts if planned else []
    return show(
        request,
        "patrons_numbers.html",
        me=at.me,
        at=at,
        status=422 if refused else 200,
        refused=refused,
        planned=planned,
        text=text,
        done=done,
        moves=len(planned.moves) if planned else 0,
        conflicts=conflicts[:MOST_TOLD],
        more=max(0, len(conflicts) - MOST_TOLD),
    )
