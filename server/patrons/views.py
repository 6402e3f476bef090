"""A patron's right, looked up by card number: what the register says, what was given, what would happen at the door."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from meroppet.ils.ports import PatronAnswer
from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.eligibility import Right, may_enter
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from meroppet.texts import reason_text
from server.audit.service import Data, record
from server.db import Scope, Session
from server.organisations.service import branches, organisations
from server.patrons.reach import Reach, RightView
from server.patrons.service import Holder, PatronRights, forget, removable, rights_of, set_right
from server.policies.service import PolicyView, policy_of
from server.staff.access import Action
from server.staff.service import SERVER, names
from server.web.gate import AtBranch, NotAllowed, at_branch
from server.web.parts import Parts, StaffParts
from server.web.show import show

router = APIRouter()

Person = Annotated[AtBranch, Depends(at_branch(Action.PERSON))]
Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]
Text = Annotated[str, Form()]

REACHES = {
    Reach.BRANCH: Action.RIGHT_BRANCH,
    Reach.MUNICIPALITY: Action.RIGHT_MUNICIPALITY,
    Reach.CONSORTIUM: Action.RIGHT_CONSORTIUM,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A patron as the page shows her, for as long as the answer lasts. `register` None: it could not be asked."""

    card: str = field(repr=False)
    name: str = field(repr=False)
    is_known: bool
    register: PatronAnswer | None
    rights: PatronRights | None
    today: date
    verdict: Reason | None
    removable: tuple[RightView, ...] = ()
    """What forgetting her here would remove."""

    @property
    def effective(self) -> Right | None:
        """What the rights come to."""
        return self.rights.effective if self.rights else None


@router.get("/branches/{branch_id}/patrons")
async def patrons_page(request: Request, at: Person) -> Response:
    """The form for a card number."""
    return show(request, "patron.html", me=at.me, at=at, found=None, wrong=None, told="", card="")


@router.post("/branches/{branch_id}/patrons")
async def look_up(request: Request, parts: Parts, at: Person, card: Text = "") -> Response:
    """Ask the register about a card; the look is written down."""
    number = card_from_text(card)
    if number is None:
        return _refused(request, at, "card", card)
    answer = await _ask(parts, at, number)
    async with parts.database.session(at.branch.scope) as session:
        found = await _look(session, parts, at, number, answer, "patron.looked_up", {})
    return await _shown(request, parts, at, found)


@router.post("/branches/{branch_id}/patrons/right")
async def give(
    request: Request,
    parts: Parts,
    at: Person,
    card: Text = "",
    permitted: Text = "",
    reach: Text = "",
    valid_until: Text = "",
    suspended_until: Text = "",
) -> Response:
    """Give, take or suspend a right; doors know within a second."""
    number = card_from_text(card)
    if number is None or reach not in set(Reach) or permitted not in {"yes", "no"}:
        return _refused(request, at, "card", card)
    if not at.may(REACHES[Reach(reach)]):
        raise NotAllowed
    try:
        right = Right(
            permitted=permitted == "yes", valid_until=_day(valid_until), suspended_until=_day(suspended_until)
        )
    except ValueError:
        return _refused(request, at, "date", card)
    register = parts.registers.of(at.branch.id)
    if register is None:
        return _refused(request, at, "no_register", card)
    given: Data = {"permitted": right.permitted, "reach": reach, "until": valid_until, "suspended": suspended_until}
    answer = await _ask(parts, at, number)
    async with parts.database.session(at.branch.scope) as session:
        holder = await _holder(session, parts, at, register, number, answer)
        if holder is None:
            return _refused(request, at, "unknown", card)
        await set_right(session, parts.keys, at.branch, holder, right, by=at.me.account, reach=Reach(reach))
        found = await _look(session, parts, at, number, answer, "right.set", given)
    return await _shown(request, parts, at, found, told="saved")


@router.post("/branches/{branch_id}/patrons/forget")
async def forget_here(request: Request, parts: Parts, at: Giving, card: Text = "") -> Response:
    """Remove what her role reaches of a patron's rights, and her number with the last; doors know within a second."""
    number = card_from_text(card)
    if number is None:
        return _refused(request, at, "card", card)
    register, reach = parts.registers.of(at.branch.id) or "", _widest(at)
    async with parts.database.session(at.branch.scope) as session:
        known = await rights_of(session, parts.keys, at.branch, number, register=register)
        gone = 0 if known is None else await forget(session, parts.keys, at.branch, known.patron, reach=reach)
        if not gone:
            return _refused(request, at, "nothing", card)
        data: Data = {"reach": reach.value, "rights": gone, "person": _person(parts, register, number)}
        await record(session, "patron.forgotten", at.me.account, at.branch.scope, data, branch=at.branch.id)
    return show(request, "patron.html", me=at.me, at=at, found=None, wrong=None, told="forgotten", card="")


def _widest(at: AtBranch) -> Reach:
    """How far she may give rights here; RIGHT_BRANCH is the least."""
    return [reach for reach, action in REACHES.items() if at.may(action)][-1]


def _person(parts: StaffParts, register: str, number: CardNumber) -> str:
    """How the audit log names a patron."""
    return parts.keys.lookup("audit", f"{register}\n{number.value}")[:32]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text.strip() else None


def _refused(request: Request, at: AtBranch, wrong: str, card: str) -> Response:
    return show(request, "patron.html", me=at.me, at=at, status=422, found=None, wrong=wrong, told="", card=card[:40])


async def _holder(
    session: Session, parts: StaffParts, at: AtBranch, register: str, number: CardNumber, answer: PatronAnswer | None
) -> Holder | None:
    """Whom the card belongs to: as the register says or, while it is silent, whom we know by the card already."""
    canonical = card_from_text(answer.patron_id or "") if answer and answer.facts else None
    if canonical is not None:
        return Holder(register, canonical, number)
    known = await rights_of(session, parts.keys, at.branch, number, register=register)
    return Holder(register, number) if known is not None and (answer is None or answer.facts is None) else None


async def _ask(parts: StaffParts, at: AtBranch, number: CardNumber) -> PatronAnswer | None:
    ils = parts.registers.ils(at.branch.id)
    return None if ils is None else await ils.patron(number.value, None)


async def _look(
    session: Session,
    parts: StaffParts,
    at: AtBranch,
    number: CardNumber,
    answer: PatronAnswer | None,
    action: str,
    data: Data,
) -> Found:
    """The patron as the page will show her; exactly one audit row, in this transaction, says that it did and why."""
    register = parts.registers.of(at.branch.id) or ""
    rights = await rights_of(session, parts.keys, at.branch, number, register=register)
    policy = await policy_of(session, at.branch.id)
    data = {**data, "person": _person(parts, register, number)}
    await record(session, action, at.me.account, at.branch.scope, data, branch=at.branch.id)
    found = _found(number, answer, rights, policy, session.now.astimezone(at.branch.wall).date())
    if rights is None or not at.may(Action.RIGHT_BRANCH):
        return found
    return replace(found, removable=await removable(session, at.branch, rights.patron, _widest(at)))


async def _shown(request: Request, parts: StaffParts, at: AtBranch, found: Found, *, told: str = "") -> Response:
    return show(
        request,
        "patron.html",
        me=at.me,
        at=at,
        found=found,
        wrong=None,
        told=told,
        card="",
        why=reason_text(found.verdict.value, parts.pages.language(request)) if found.verdict else "",
        reaches=[reach for reach, action in REACHES.items() if at.may(action)],
        givers=await _givers(parts, found.rights),
        places=await _places(parts, at),
    )


def _found(
    number: CardNumber, answer: PatronAnswer | None, rights: PatronRights | None, policy: PolicyView | None, today: date
) -> Found:
    facts = answer.facts if answer else None
    is_known = facts is not None and facts.valid
    verdict = None
    if facts is not None and policy is not None:
        verdict = may_enter(facts, rights.effective if rights else None, policy.policy, today)
    return Found(
        card=number.value,
        name=(answer.name or "") if answer and is_known else "",
        is_known=is_known,
        register=answer if facts is not None or (answer and answer.pin is PinAnswer.UNKNOWN) else None,
        rights=rights,
        today=today,
        verdict=verdict,
    )


async def _givers(parts: StaffParts, rights: PatronRights | None) -> dict[str, str]:
    async with parts.database.reading(SERVER) as session:
        return await names(session, [view.given_by for view in rights.given] if rights else [])


async def _places(parts: StaffParts, at: AtBranch) -> dict[str, str]:
    """The names of all places that rights in the consortium reach."""
    async with parts.database.reading(Scope.of_consortium(at.branch.consortium)) as session:
        bodies = {view.id: view.name for view in await organisations(session)}
        return bodies | {view.id: view.name for view in await branches(session)}
