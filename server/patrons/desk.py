"""A patron as the desk sees her, on one page: what the register says, what is known here, what the door would say."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from fastapi import Request
from starlette.responses import Response

from meroppet.ils.ports import PatronAnswer
from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.eligibility import Right, age_on, may_enter
from meroppet.rules.pin import PinAnswer
from meroppet.rules.policy import Policy
from meroppet.rules.reasons import Reason
from meroppet.texts import reason_text
from server.applications.desk import application_of_patron
from server.attempts.desk import pins_of_patron
from server.audit.service import Data, record
from server.db import Scope, Session
from server.organisations.service import BranchView, branches, organisations
from server.passes.patron_tags import tag_of_patron
from server.patrons.reach import Reach, RightView
from server.patrons.service import Holder, PatronRights, find, number_of, removable, rights_of
from server.patrons.suspensions import Notice, SuspensionReason
from server.policies.service import policy_of
from server.staff.access import Action
from server.staff.service import SERVER, names
from server.terms.desk import terms_of_patron
from server.web.gate import AtBranch
from server.web.parts import StaffParts
from server.web.show import show

REACHES = {
    Reach.BRANCH: Action.RIGHT_BRANCH,
    Reach.MUNICIPALITY: Action.RIGHT_MUNICIPALITY,
    Reach.CONSORTIUM: Action.RIGHT_CONSORTIUM,
}


class LookReason(StrEnum):
    """Why somebody looks a patron up; it is written down. There is no field for more: names would end up in it."""

    HERE = "here"
    CONTACT = "contact"
    INCIDENT = "incident"
    UPKEEP = "upkeep"


@dataclass(frozen=True, slots=True)
class Asked:
    """The card that was shown, why it is looked up, and what the register answered; None: it could not be asked."""

    card: CardNumber = field(repr=False)
    why: LookReason
    answer: PatronAnswer | None = field(repr=False)
    register: str

    @property
    def canonical(self) -> CardNumber | None:
        """The register's own number for whoever holds the card, if it knows her."""
        answer = self.answer
        return card_from_text(answer.patron_id or "") if answer is not None and answer.facts is not None else None


@dataclass(frozen=True, slots=True)
class Found:
    """A patron as the page shows her, for as long as the answer lasts. `register` None: it could not be asked."""

    card: str = field(repr=False)
    name: str = field(repr=False)
    why: LookReason
    is_known: bool
    register: PatronAnswer | None
    rights: PatronRights | None
    today: date
    verdict: Reason | None
    policy: Policy | None
    is_renumbered: bool = False
    """The card is known here, and its holder has another number in the register than here."""
    removable: tuple[RightView, ...] = ()
    """What forgetting her here would remove."""

    @property
    def effective(self) -> Right | None:
        """What is known here comes to."""
        return self.rights.effective if self.rights else None

    @property
    def permissions(self) -> tuple[RightView, ...]:
        """The rights that say something of permission, nearest first."""
        return tuple(view for view in self._given if view.right.permitted is not None)

    @property
    def introduced_on(self) -> date | None:
        """The first day an introduction was seen within reach."""
        return min((view.introduced_on for view in self._given if view.introduced_on), default=None)

    @property
    def consented_on(self) -> date | None:
        """The first day a guardian's consent was seen within reach."""
        return min((view.guardian_on for view in self._given if view.guardian_on), default=None)

    @property
    def _given(self) -> tuple[RightView, ...]:
        return self.rights.given if self.rights else ()

    @property
    def needs_introduction(self) -> bool:
        """Whether the branch asks for an introduction that nobody has seen yet."""
        is_introduced = self.effective is not None and self.effective.introduced
        return self.policy is not None and self.policy.introduction_required and not is_introduced

    @property
    def needs_consent(self) -> bool:
        """Whether she is so young that a guardian must consent, and nobody has seen that yet."""
        has_consent = self.effective is not None and self.effective.guardian_consent
        return self.is_minor and not has_consent

    @property
    def is_minor(self) -> bool:
        """Whether she is of the age at which the branch asks for a guardian's consent."""
        below = self.policy.guardian_below if self.policy else None
        facts = self.register.facts if self.register else None
        born = facts.birth_date if facts else None
        return below is not None and born is not None and age_on(born, self.today) < below


Extra = Callable[[Session, StaffParts, BranchView, str | None, Asked], Awaitable[dict[str, Any]]]
EXTRAS: tuple[Extra, ...] = (terms_of_patron, application_of_patron, tag_of_patron, pins_of_patron)
"""What other features show of a patron on her page: each gives what its part of the template is filled with."""


def look_reason(text: str) -> LookReason | None:
    """The reason somebody chose, or None for none."""
    return LookReason(text) if text in set(LookReason) else None


async def ask(parts: StaffParts, at: AtBranch, number: CardNumber, why: LookReason) -> Asked:
    """Ask the branch's register about a card."""
    ils = parts.registers.ils(at.branch.id)
    answer = None if ils is None else await ils.patron(number.value, None)
    return Asked(number, why, answer, parts.registers.of(at.branch.id) or "")


def person(parts: StaffParts, register: str, number: CardNumber) -> str:
    """How the audit log names a patron."""
    return parts.keys.lookup("audit", f"{register}\n{number.value}")[:32]


async def whose(session: Session, parts: StaffParts, at: AtBranch, asked: Asked) -> str | None:
    """The id of the patron: by the register's number for her, or else by the card."""
    for number in (asked.canonical, asked.card):
        if number is not None:
            patron = await find(session, parts.keys, at.branch.consortium, asked.register, number)
            if patron is not None:
                return patron
    return None


async def holder(session: Session, parts: StaffParts, at: AtBranch, asked: Asked) -> Holder | None:
    """Whom the card belongs to: as the register says or, while it is silent, whom we know by the card already."""
    if asked.canonical is not None:
        return Holder(asked.register, asked.canonical, asked.card)
    is_silent = asked.answer is None or asked.answer.facts is None
    patron = await whose(session, parts, at, asked) if is_silent else None
    return None if patron is None else Holder(asked.register, await number_of(session, parts.keys, patron), asked.card)


async def note(session: Session, parts: StaffParts, at: AtBranch, asked: Asked, action: str, data: Data) -> None:
    """The one audit row of a look or a change: why, and whose, by a digest of her number whatever card was shown."""
    number = asked.canonical
    if number is None:
        patron = await whose(session, parts, at, asked)
        number = asked.card if patron is None else await number_of(session, parts.keys, patron)
    told = {**data, "why": asked.why.value, "person": person(parts, asked.register, number)}
    await record(session, action, at.me.account, at.branch.scope, told, branch=at.branch.id)


async def shown(
    request: Request, parts: StaffParts, at: AtBranch, asked: Asked, *, told: str = "", wrong: str | None = None
) -> Response:
    """The page. Whoever calls it has written down the look, or the change after which it is shown.

    With something `wrong` nothing was changed, and she is shown all the same: that is a look, written down here.
    """
    if wrong:
        async with parts.database.session(at.branch.scope) as session:
            await note(session, parts, at, asked, "patron.looked_up", {})
    async with parts.database.reading(at.branch.scope) as session:
        found = await _found(session, parts, at, asked)
        patron = found.rights.patron if found.rights else None
        extra: dict[str, Any] = {}
        for each in EXTRAS:
            extra.update(await each(session, parts, at.branch, patron, asked))
    return show(
        request,
        "patron.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        found=found,
        wrong=wrong,
        told=told,
        card="",
        asking=False,
        looks=list(LookReason),
        why=reason_text(found.verdict.value, parts.pages.language(request)) if found.verdict else "",
        reaches=[reach for reach, action in REACHES.items() if at.may(action)],
        suspension_reasons=list(SuspensionReason),
        notices=list(Notice),
        givers=await _givers(parts, found.rights),
        places=await places(parts, at),
        extra=extra,
    )


def form(
    request: Request, at: AtBranch, *, wrong: str | None = None, told: str = "", card: str = "", asking: bool = False
) -> Response:
    """The page with nobody on it: where a card is scanned; `asking`: now only the reason is missing."""
    return show(
        request,
        "patron.html",
        me=at.me,
        at=at,
        status=422 if wrong else 200,
        found=None,
        wrong=wrong,
        told=told,
        card=card[:40],
        asking=asking,
        looks=list(LookReason),
    )


def widest(at: AtBranch, most: Reach = Reach.CONSORTIUM) -> Reach:
    """How far she may give rights here, at most so far; RIGHT_BRANCH is the least."""
    nearest_first = list(REACHES)
    within = nearest_first[: nearest_first.index(most) + 1]
    return [reach for reach in within if at.may(REACHES[reach])][-1]


async def _found(session: Session, parts: StaffParts, at: AtBranch, asked: Asked) -> Found:
    rights = await _rights(session, parts, at, asked)
    policy = await policy_of(session, at.branch.id)
    today = session.now.astimezone(at.branch.wall).date()
    answer = asked.answer
    facts = answer.facts if answer else None
    is_known = facts is not None and facts.valid
    is_renumbered = await _is_renumbered(session, parts, asked, rights)
    verdict = None
    if facts is not None and policy is not None:
        # The door asks for what the register's number may, which has nothing as long as it is not moved.
        right = rights.effective if rights and not is_renumbered else None
        verdict = may_enter(facts, right, policy.policy, today)
    may_forget = rights is not None and at.may(Action.RIGHT_BRANCH)
    return Found(
        card=asked.card.value,
        name=(answer.name or "") if answer and is_known else "",
        why=asked.why,
        is_known=is_known,
        register=answer if facts is not None or (answer and answer.pin is PinAnswer.UNKNOWN) else None,
        rights=rights,
        today=today,
        verdict=verdict,
        policy=policy.policy if policy else None,
        is_renumbered=is_renumbered,
        removable=await removable(session, at.branch, rights.patron, widest(at)) if rights and may_forget else (),
    )


async def _rights(session: Session, parts: StaffParts, at: AtBranch, asked: Asked) -> PatronRights | None:
    for number in (asked.canonical, asked.card):
        if number is not None:
            found = await rights_of(session, parts.keys, at.branch, number, register=asked.register)
            if found is not None:
                return found
    return None


async def _is_renumbered(session: Session, parts: StaffParts, asked: Asked, rights: PatronRights | None) -> bool:
    if rights is None or asked.canonical is None:
        return False
    return await number_of(session, parts.keys, rights.patron) != asked.canonical


async def _givers(parts: StaffParts, rights: PatronRights | None) -> dict[str, str]:
    if rights is None:
        return {}
    given = [view.given_by for view in rights.given]
    decided = [who for one in rights.suspensions for who in (one.decided_by, one.lifted_by) if who is not None]
    async with parts.database.reading(SERVER) as session:
        return await names(session, [*given, *decided])


async def places(parts: StaffParts, at: AtBranch) -> dict[str, str]:
    """The names of all places that rights in the consortium reach."""
    async with parts.database.reading(Scope.of_consortium(at.branch.consortium)) as session:
        bodies = {view.id: view.name for view in await organisations(session)}
        return bodies | {view.id: view.name for view in await branches(session)}
