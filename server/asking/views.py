"""The page "why didn't it open?": what was refused when, what was decided about a card, and what decides now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.reasons import Reason
from meroppet.texts import reason_text
from server.asking.lines import DoorLine, RuleLine, door_lines, rule_lines
from server.asking.service import Question, Told, ask
from server.asking.times import When, when
from server.audit.service import Data, record
from server.devices.service import DeviceView, devices_of
from server.journal.service import EventView, decisions_of_card
from server.patrons.desk import LookReason, look_reason, person
from server.staff.access import Action
from server.visits.service import RefusalView, refusals
from server.web.events import EventLine, event_lines
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

Person = Annotated[AtBranch, Depends(at_branch(Action.PERSON))]
Text = Annotated[str, Form()]
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, as it is shown again."""

    card: str = field(default="", repr=False)
    day: str = ""
    time: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found: events newest first and, where a card was asked about, what decides."""

    lines: Sequence[EventLine]
    between: When
    told: Told | None = None
    rules: Sequence[RuleLine] = ()
    doors: Sequence[DoorLine] = ()
    digits: str = ""


@router.get("/branches/{branch_id}/why")
async def why_page(request: Request, parts: Parts, at: Person) -> Response:
    """The form."""
    return _page(request, parts, at, Wanted())


@router.post("/branches/{branch_id}/why")
async def why(
    request: Request,
    parts: Parts,
    at: Person,
    card: Text = "",
    day: Text = "",
    time: Text = "",
    code: Text = "",
    reason: Text = "",
) -> Response:
    """Everything that was refused then; about a card, what was decided and what decides. That look is written down."""
    wanted = Wanted(card[:40].strip(), day[:10], time[:5], code if code in set(Reason) else "")
    try:
        between = when(wanted.day, wanted.time, parts.clock.now(), at.branch.wall)
    except (ValueError, OverflowError):
        return _page(request, parts, at, wanted, wrong="time")
    if not wanted.card:
        return _page(request, parts, at, wanted, result=await _refused(request, parts, at, wanted, between))
    number, look = card_from_text(wanted.card), look_reason(reason)
    if number is None:
        return _page(request, parts, at, wanted, wrong="card")
    if look is None:
        return _page(request, parts, at, wanted, asking=True)
    result = await _about_card(request, parts, at, wanted, between, number, look)
    return _page(request, parts, at, Wanted(day=wanted.day, time=wanted.time, code=wanted.code), result=result)


def _page(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    wanted: Wanted,
    *,
    result: Result | None = None,
    wrong: str = "",
    asking: bool = False,
) -> Response:
    lang = parts.pages.language(request)
    return show(
        request,
        "why.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        wanted=wanted,
        result=result,
        wrong=wrong,
        asking=asking,
        looks=list(LookReason),
        codes=_codes(lang),
        said=_reasons(result, lang),
        today=parts.clock.now().astimezone(at.branch.wall).date(),
    )


def _codes(lang: str) -> Mapping[str, str]:
    """Every reason a door can refuse for, in words, by those words."""
    refusing = (reason for reason in Reason if reason is not Reason.GRANTED)
    return dict(sorted(((one.value, reason_text(one.value, lang)) for one in refusing), key=lambda pair: pair[1]))


def _reasons(result: Result | None, lang: str) -> Mapping[str, str]:
    return {line.code: reason_text(line.code, lang) for line in (result.rules if result else ()) if line.code}


async def _refused(request: Request, parts: StaffParts, at: AtBranch, wanted: Wanted, between: When) -> Result:
    async with parts.database.reading(at.branch.scope) as session:
        found = await refusals(session, at.branch.id, between.first, between.last, wanted.code, MOST_LINES)
        devices = await devices_of(session, at.branch.id)
    return Result(_lines(request, parts, at, [_event(one) for one in found], devices), between)


async def _about_card(
    request: Request,
    parts: StaffParts,
    at: AtBranch,
    wanted: Wanted,
    between: When,
    number: CardNumber,
    look: LookReason,
) -> Result:
    branch, register = at.branch, parts.registers.of(at.branch.id) or ""
    ils = parts.registers.ils(branch.id)
    answer = None if ils is None else await ils.patron(number.value, None)
    question = Question(branch, number, between.at, register, parts.registers.wrong_pins(branch.id), answer)
    async with parts.database.session(branch.scope) as session:
        events = await decisions_of_card(
            session,
            parts.keys,
            branch,
            number,
            register=register,
            between=(between.first, between.last) if wanted.day or wanted.time else None,
        )
        told = await ask(session, parts.keys, question)
        devices = await devices_of(session, branch.id)
        hers = person(parts, register, question.number)
        data: Data = {"person": hers, "why": look.value, "for": between.at.isoformat()}
        await record(session, "patron.asked", at.me.account, branch.scope, data, branch=branch.id)
    kept = [event for event in events if not wanted.code or event.detail.get("reason") == wanted.code]
    return Result(
        _lines(request, parts, at, kept, devices),
        between,
        told,
        rule_lines(told),
        door_lines(devices, branch),
        number.value[-4:],
    )


def _event(one: RefusalView) -> EventView:
    detail: dict[str, Any] = {"reason": one.reason}
    return EventView(one.device, "", 0, one.at, one.received_at, "", "access.refused", detail)


def _lines(
    request: Request, parts: StaffParts, at: AtBranch, events: Sequence[EventView], devices: Sequence[DeviceView]
) -> list[EventLine]:
    names = {view.id: view.name for view in devices}
    return event_lines(events, at.branch, names, parts.pages.language(request))
