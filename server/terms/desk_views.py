"""What a patron says at the desk: that she accepts a text, says no, withdraws, or lets a municipality see her facts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from meroppet.pages import LANGUAGES
from meroppet.rules.credentials import card_from_text
from meroppet.rules.terms import Act, Channel
from server.audit.service import Data
from server.db import Scope, Session
from server.organisations.service import organisation
from server.patrons.desk import ask, form, holder, look_reason, note, shown
from server.patrons.service import Holder
from server.staff.access import Action
from server.terms.guests import approval
from server.terms.service import applied_at, version_of
from server.terms.taking import Witness, approve, say, withdraw
from server.web.gate import AtBranch, at_branch
from server.web.parts import Parts, StaffParts

router = APIRouter()

Giving = Annotated[AtBranch, Depends(at_branch(Action.RIGHT_BRANCH))]
Text = Annotated[str, Form()]
Take = Callable[[Session, Holder, Witness], Awaitable[Data | None]]
"""Writes down what was said and gives what the audit row says of it; None: it was said to nothing that holds here."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Whose card was shown, why she is looked at, in which language the text was read, and whether her identity was."""

    card: str = field(repr=False)
    reason: str
    lang: str
    is_identified: bool


def _spoken(card: Text = "", reason: Text = "", lang: Text = "", identity: Text = "") -> Spoken:
    return Spoken(card, reason, lang if lang in _LANGUAGES else LANGUAGES[0].code, identity == "yes")


AtDesk = Annotated[Spoken, Depends(_spoken)]
_LANGUAGES = frozenset(each.code for each in LANGUAGES)
SAYABLE = frozenset({Act.ACCEPTED, Act.DECLINED, Act.WITHDRAWN})


@router.post("/branches/{branch_id}/patrons/terms")
async def terms(
    request: Request, parts: Parts, at: Giving, said: AtDesk, act: Text = "", version: Text = ""
) -> Response:
    """She accepts a version or says no to it, or withdraws from everything; the doors know within a second."""
    if act not in {each.value for each in SAYABLE}:
        return form(request, at, wrong="card", card=said.card)

    async def take(session: Session, found: Holder, witness: Witness) -> Data | None:
        if Act(act) is Act.WITHDRAWN:
            await withdraw(session, parts.keys, witness, found)
            return {"act": act}
        async with session.within(Scope.of_consortium(at.branch.consortium)):
            view = await version_of(session, version)
            places = {each.place for each in await applied_at(session, at.branch)}
        if view is None or view.place not in places:
            return None
        await say(session, parts.keys, witness, found, Act(act), [view])
        return {"act": act, "place": view.place, "version": view.number}

    needs_identity = act == Act.ACCEPTED.value and not said.is_identified
    return await _take(request, parts, at, said, None if needs_identity else take)


@router.post("/branches/{branch_id}/patrons/guest")
async def guest(request: Request, parts: Parts, at: Giving, said: AtDesk, approved: Text = "") -> Response:
    """She lets this municipality's branches see her facts although she belongs to another; or no longer does."""
    is_approved = approved == "yes"

    async def take(session: Session, found: Holder, witness: Witness) -> Data | None:
        place = await organisation(session, at.branch.controller)
        if place is None:
            return None
        await approve(session, parts.keys, witness, found, approval(place, witness.lang), approved=is_approved)
        return {"approved": is_approved, "place": place.id}

    needs_identity = is_approved and not said.is_identified
    return await _take(request, parts, at, said, None if needs_identity else take)


async def _take(request: Request, parts: StaffParts, at: AtBranch, said: Spoken, take: Take | None) -> Response:
    """`take` None: nobody has seen who she is, and nothing is written down."""
    number, why = card_from_text(said.card), look_reason(said.reason)
    if number is None or why is None:
        return form(request, at, wrong="card", card=said.card)
    asked = await ask(parts, at, number, why)
    if take is None:
        return await shown(request, parts, at, asked, wrong="terms_identity")
    async with parts.database.session(at.branch.scope) as session:
        found = await holder(session, parts, at, asked)
        if found is None:
            return form(request, at, wrong="unknown", card=said.card)
        done = await take(session, found, Witness(at.branch, Channel.DESK, said.lang, at.me.account))
        if done is not None:
            action = "terms.guest" if "approved" in done else "terms.said"
            await note(session, parts, at, asked, action, done)
    return await shown(request, parts, at, asked, told="saved" if done else "", wrong=None if done else "terms_gone")
