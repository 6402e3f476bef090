"""The library systems, for who answers for a consortium: how they are, and an examination with a test patron.

Which registers there are is the installer's word; no page takes an address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from meroppet.ils.doctor.findings import Finding, Judged
from meroppet.ils.doctor.subject import Patience, Subject, Tries
from server.audit.service import Data, record
from server.organisations.service import BranchView
from server.policies.service import policy_of
from server.registers.examinations import Run
from server.registers.forms import Typed
from server.registers.printing import profile_text
from server.registers.service import DEADLINE_SECONDS, RegisterView
from server.registers.words import BLOCKS, CHECKS, JUDGED, SENTENCES
from server.staff.access import Action
from server.staff.service import SignedIn
from server.web.gate import NotAllowed, NotFound, Staff, visible_branches
from server.web.live import live
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()


@dataclass(frozen=True, slots=True)
class AtRegister:
    """A member of staff at a register she answers for, with the branches of hers that have an account in it."""

    me: SignedIn
    register: RegisterView
    branches: tuple[BranchView, ...]

    @property
    def names(self) -> dict[str, str]:
        """Her branches' names by id."""
        return {view.id: view.name for view in self.branches}


async def _registers(parts: StaffParts, me: SignedIn) -> list[AtRegister]:
    """The registers she answers for; NotAllowed for who answers for none anywhere."""
    if not me.access.keeps_registers():
        raise NotAllowed
    mine = {view.id: view for view in await visible_branches(parts, me) if me.access.may(Action.REGISTERS, view)}
    found = []
    for register in parts.registers.views():
        branches = tuple(mine[branch] for branch in register.branches if branch in mine)
        if branches or me.access.runs_the_server():
            found.append(AtRegister(me, register.only(mine), branches))
    return found


async def _at(me: Staff, parts: Parts, register_id: str) -> AtRegister:
    for at in await _registers(parts, me):
        if at.register.id == register_id:
            return at
    raise NotFound


Here = Annotated[AtRegister, Depends(_at)]


@router.get("/registers")
async def registers_page(request: Request, parts: Parts, me: Staff) -> Response:
    """Every register she answers for, and how it is."""
    return show(request, "registers.html", me=me, registers=await _registers(parts, me))


@router.get("/registers/{register_id}")
async def register_page(request: Request, parts: Parts, at: Here) -> Response:
    """One register, and the form for an examination."""
    return _register(request, parts, at)


def _register(request: Request, parts: StaffParts, at: AtRegister, *, wrong: str = "", status: int = 200) -> Response:
    last = parts.registers.examinations.last(at.register.id)
    shown = last if last is not None and last.branch in {view.id for view in at.branches} else None
    return show(request, "register.html", me=at.me, at=at, wrong=wrong, last=shown, status=status)


@router.post("/registers/{register_id}/examine")
async def examine_register(request: Request, parts: Parts, at: Here, typed: Annotated[Typed, Form()]) -> Response:
    """Begin an examination; that it was begun, and with whose card, is written down (the card as a digest)."""
    place = next((view for view in at.branches if view.id == typed.branch), None)
    if place is None or parts.registers.account(place.id) is None:
        return _register(request, parts, at, wrong="branch", status=422)
    try:
        subject = typed.subject()
    except ValueError as error:
        return _register(request, parts, at, wrong=str(error), status=422)
    async with parts.database.reading(place.scope) as session:
        policy = await policy_of(session, place.id)
    least = policy.policy.minimum_age if policy is not None else 0
    run = await _begin(parts, at, place, replace(subject, age_limit=least or 0), typed.chosen())
    return RedirectResponse(f"/registers/{at.register.id}/examinations/{run.id}", status_code=303)


async def _begin(parts: StaffParts, at: AtRegister, place: BranchView, subject: Subject, tries: Tries) -> Run:
    """The run; the one that is going on already, if there is one: two would upset each other's PINs."""
    examinations, register = parts.registers.examinations, at.register.id
    going_on = examinations.running(register)
    if going_on is not None:
        return going_on
    person = parts.keys.lookup("audit", f"{register}\n{subject.card}")[:32]
    done: Data = {"register": register, "person": person, "locks": tries.lock_out, "lends": tries.loan}
    run = examinations.new(register, place.id, at.me.account)
    async with parts.database.session(place.scope) as session:
        await record(session, "register.examined", at.me.account, place.scope, done, branch=place.id)
    going_on = examinations.running(register)
    if going_on is not None:
        return going_on
    parts.registers.examine(run, subject, tries, Patience(door=DEADLINE_SECONDS), parts.hub.wake)
    return run


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as the page shows it."""

    check: str
    judged: Judged
    word: str
    text: str


@router.get("/registers/{register_id}/examinations/{run_id}")
async def examination_page(request: Request, parts: Parts, at: Here, run_id: str) -> Response:
    """An examination while it goes on, and what came of it."""
    run = _run(parts, at, run_id)
    return show(request, "examination.html", me=at.me, at=at, **_shown(parts, parts.pages.language(request), run))


@router.get("/registers/{register_id}/examinations/{run_id}/live")
async def examination_live(request: Request, parts: Parts, at: Here, run_id: str) -> Response:
    """The same, finding by finding."""
    run = _run(parts, at, run_id)
    lang = parts.pages.language(request)

    async def render() -> str:
        return parts.pages.html("parts/examination.html", lang, at=at, **_shown(parts, lang, run))

    return live(request, parts, [run.topic], render)


def _run(parts: StaffParts, at: AtRegister, run_id: str) -> Run:
    run = parts.registers.examinations.find(at.register.id, run_id)
    if run is None or run.branch not in {view.id for view in at.branches}:
        raise NotFound
    return run


def _shown(parts: StaffParts, lang: str, run: Run) -> dict[str, Any]:
    say = parts.pages.translator(lang).gettext
    lines = [_line(finding, say) for finding in run.findings]
    return {
        "run": run,
        "lines": lines,
        "against": [line for line in lines if line.judged in (Judged.UNSAFE, Judged.FAILED)],
        "care": [line for line in lines if line.judged in (Judged.CAREFUL, Judged.UNSEEN)],
        "fine": [line for line in lines if line.judged in (Judged.GOOD, Judged.NOTE)],
        "profile": profile_text(run.diagnosis) if run.diagnosis is not None else None,
    }


def _line(finding: Finding, say: Callable[[str], str]) -> Line:
    text = say(SENTENCES[finding.says]) % _said(finding.values, say)
    return Line(say(CHECKS[finding.check]), finding.judged, say(JUDGED[finding.judged]), text)


def _said(values: Mapping[str, str], say: Callable[[str], str]) -> dict[str, str]:
    blocks = values.get("blocks", "").split(", ")
    named = ", ".join(say(block) for block in blocks if block in BLOCKS)
    return {**values, "blocks": named}
