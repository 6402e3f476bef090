"""A patron at the desk: looked up by card number and a reason, and given what she may do here; one audit row each."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel
from starlette.responses import Response

from meroppet.rules.credentials import card_from_text
from meroppet.rules.eligibility import Right
from server.audit.service import Data
from server.db import Session
from server.patrons.desk import REACHES, Asked, LookReason, ask, form, holder, look_reason, note, shown, whose, widest
from server.patrons.introductions import Seen, take_back
from server.patrons.introductions import note as note_seen
from server.patrons.reach import Reach
from server.patrons.renumbering import Renumbering, renumber
from server.patrons.service import Holder, forget, known_or_new, set_right, with_rights
from server.staff.access import Action
from server.web.gate import AtBranch, NotAllowed, at_branch
from server.web.parts import Parts, StaffParts

router = APIRouter()

Person = Annotated[AtBranch, Depends(at_branch(Action.PERSON))]
Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]
Text = Annotated[str, Form()]


class Wanted(BaseModel):
    """The form of a permission, as it was sent."""

    card: str = ""
    reason: str = ""
    permitted: str = ""
    reach: str = ""
    valid_until: str = ""
    introduced: str = ""
    guardian: str = ""

    def right(self) -> Right | None:
        """What it means, or None for a day that is none."""
        try:
            until = date.fromisoformat(self.valid_until) if self.valid_until.strip() else None
        except ValueError:
            return None
        return Right(
            permitted=self.permitted == "yes",
            valid_until=until,
            introduced=bool(self.introduced),
            guardian_consent=bool(self.guardian),
        )


class Noted(BaseModel):
    """The form that says what was seen, as it was sent."""

    card: str = ""
    reason: str = ""
    what: str = ""
    on: str = ""
    undo: str = ""


@router.get("/branches/{branch_id}/patrons")
async def patrons_page(request: Request, at: Person) -> Response:
    """Where a card is scanned."""
    return form(request, at)


@router.post("/branches/{branch_id}/patrons")
async def look_up(request: Request, parts: Parts, at: Person, card: Text = "", reason: Text = "") -> Response:
    """Ask the register about a card, once it is said why; the look is written down."""
    number, why = card_from_text(card), look_reason(reason)
    if number is None:
        return form(request, at, wrong="card", card=card)
    if why is None:
        # A scanner ends with the Enter key: then only the reason is missing, and nobody was looked at yet.
        return form(request, at, card=number.value, asking=True)
    asked = await ask(parts, at, number, why)
    async with parts.database.session(at.branch.scope) as session:
        await note(session, parts, at, asked, "patron.looked_up", {})
    return await shown(request, parts, at, asked)


@router.post("/branches/{branch_id}/patrons/right")
async def give(request: Request, parts: Parts, at: Person, wanted: Annotated[Wanted, Form()]) -> Response:
    """Give or take a permission, with what was seen at the desk; doors know within a second."""
    number, why = card_from_text(wanted.card), look_reason(wanted.reason)
    if number is None or why is None or wanted.reach not in set(Reach) or wanted.permitted not in {"yes", "no"}:
        return form(request, at, wrong="card", card=wanted.card)
    if not at.may(REACHES[Reach(wanted.reach)]):
        raise NotAllowed
    if parts.registers.of(at.branch.id) is None:
        return form(request, at, wrong="no_register", card=wanted.card)
    asked = await ask(parts, at, number, why)
    right = wanted.right()
    if right is None:
        return await shown(request, parts, at, asked, wrong="date")
    async with parts.database.session(at.branch.scope) as session:
        found = await holder(session, parts, at, asked)
        if found is None:
            return form(request, at, wrong="unknown", card=wanted.card)
        await _follow(session, parts, at, asked, found)
        reach = Reach(wanted.reach)
        await set_right(session, parts.keys, at.branch, found, right, by=at.me.account, reach=reach)
        given: Data = {"permitted": right.permitted, "reach": reach.value, "until": wanted.valid_until}
        given |= {"introduced": right.introduced, "guardian": right.guardian_consent}
        await note(session, parts, at, asked, "right.set", given)
    return await shown(request, parts, at, asked, told="saved")


@router.post("/branches/{branch_id}/patrons/seen")
async def seen(request: Request, parts: Parts, at: Giving, wanted: Annotated[Noted, Form()]) -> Response:
    """Write down that an introduction was given or a guardian's consent was seen; or that it was not so."""
    number, why = card_from_text(wanted.card), look_reason(wanted.reason)
    if number is None or why is None or wanted.what not in set(Seen):
        return form(request, at, wrong="card", card=wanted.card)
    asked = await ask(parts, at, number, why)
    async with parts.database.session(at.branch.scope) as session:
        found = await holder(session, parts, at, asked)
        day = _past_day(wanted.on, session.now.astimezone(at.branch.wall).date())
        if found is not None and day is not None:
            await _see(session, parts, at, found, Seen(wanted.what), None if wanted.undo else day)
            on = None if wanted.undo else day.isoformat()
            await note(session, parts, at, asked, "right.seen", {"what": wanted.what, "on": on})
    wrong = "unknown" if found is None else "date" if day is None else None
    return await shown(request, parts, at, asked, told="" if wrong else "saved", wrong=wrong)


async def _see(session: Session, parts: StaffParts, at: AtBranch, found: Holder, what: Seen, on: date | None) -> None:
    patron = await known_or_new(session, parts.keys, at.branch.consortium, found)
    reach = widest(at, Reach.MUNICIPALITY)
    if on is None:
        await take_back(session, parts.keys, at.branch, patron, what, reach=reach)
    else:
        await note_seen(session, parts.keys, at.branch, patron, what, on, by=at.me.account, reach=reach)


@router.post("/branches/{branch_id}/patrons/number")
async def other_number(
    request: Request, parts: Parts, at: Giving, card: Text = "", reason: Text = "", old: Text = ""
) -> Response:
    """What she has follows her: to the register's new number for her card, or (with `old`) from the card she lost."""
    number, why = card_from_text(card), look_reason(reason)
    if number is None or why is None:
        return form(request, at, wrong="card", card=card)
    former = card_from_text(old)
    if old.strip() and (former is None or former == number):
        return await shown(request, parts, at, await ask(parts, at, number, why), wrong="old_card")
    asked = await ask(parts, at, number, why)
    held = await ask(parts, at, former, why) if former is not None else None
    async with parts.database.session(at.branch.scope) as session:
        wrong = await _moved(session, parts, at, asked, held)
        if wrong is None:
            await note(session, parts, at, asked, "right.renumbered", {"replaced": former is not None})
    return await shown(request, parts, at, asked, told="" if wrong else "moved", wrong=wrong)


@router.post("/branches/{branch_id}/patrons/forget")
async def forget_here(request: Request, parts: Parts, at: Giving, card: Text = "", reason: Text = "") -> Response:
    """Remove what her role reaches of a patron's rights, and her number with the last; doors know within a second."""
    number = card_from_text(card)
    if number is None:
        return form(request, at, wrong="card", card=card)
    # What is forgotten is what is kept here, so the register is not asked.
    asked = Asked(number, look_reason(reason) or LookReason.UPKEEP, None, parts.registers.of(at.branch.id) or "")
    reach = widest(at)
    async with parts.database.session(at.branch.scope) as session:
        patron = await whose(session, parts, at, asked)
        gone = 0 if patron is None else await forget(session, parts.keys, at.branch, patron, reach=reach)
        if not gone:
            return form(request, at, wrong="nothing", card=card)
        await note(session, parts, at, asked, "patron.forgotten", {"reach": reach.value, "rights": gone})
    return form(request, at, told="forgotten")


def _past_day(text: str, today: date) -> date | None:
    """The day that was meant, today where none was; None for what is no day, or is still to come."""
    if not text.strip():
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day <= today else None


async def _follow(session: Session, parts: StaffParts, at: AtBranch, asked: Asked, found: Holder) -> None:
    """Whoever is given a right under the register's number keeps what was known of her under another one."""
    patron = await whose(session, parts, at, asked)
    if patron is not None:
        move = [Renumbering(patron, found.number)]
        await renumber(session, parts.keys, at.branch.consortium, found.register, move, by=at.me.account)


async def _moved(session: Session, parts: StaffParts, at: AtBranch, asked: Asked, former: Asked | None) -> str | None:
    """Move what is known under the former card, or under this one, to the register's number; or why not."""
    if asked.canonical is None or asked.answer is None or asked.answer.facts is None or not asked.answer.facts.valid:
        return "unknown"
    patron = await whose(session, parts, at, former or asked)
    if patron is None:
        return "old_unknown"
    if former is not None:
        wrong = await _not_hers(session, at, patron, asked, former)
        if wrong is not None:
            return wrong
    move = [Renumbering(patron, asked.canonical)]
    moved = await renumber(session, parts.keys, at.branch.consortium, asked.register, move, by=at.me.account)
    return None if moved else "number_taken"


async def _not_hers(session: Session, at: AtBranch, patron: str, asked: Asked, former: Asked) -> str | None:
    """Why the former card's access is not moved: it still is another's in the register, or not ours to move."""
    if former.answer is None or not former.answer.is_available:
        return "old_unanswered"
    is_anothers = former.answer.facts is not None and former.answer.facts.valid and former.canonical != asked.canonical
    if is_anothers:
        return "old_anothers"
    is_ours = at.may(Action.CARDS) or patron in await with_rights(session, [patron])
    return None if is_ours else "old_unknown"
