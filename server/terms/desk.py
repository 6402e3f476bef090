"""What the desk sees of a patron and the texts of its branch, with the evidence of what she said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import and_, or_, select
from sqlmodel import col

from meroppet.pages import LANGUAGES
from meroppet.pages.prose import Piece, pieces
from meroppet.rules.credentials import CardNumber
from meroppet.rules.policy import Guests
from meroppet.rules.terms import TermsStanding
from server.db import Scope, Session
from server.organisations.service import BranchView, organisations
from server.policies.service import policy_of
from server.staff.service import SERVER, names
from server.terms.guests import Approval, approval
from server.terms.models import GuestApproval, TermsEvidence
from server.terms.service import Applied, VersionView, applied_at
from server.terms.standing import Standing, standings, stands_with
from server.terms.texts import Text
from server.web.parts import StaffParts

MOST_SHOWN = 8
"""Lines of evidence on the page, the newest."""


@dataclass(frozen=True, slots=True)
class DeskPaper:
    """One text she is to accept or has accepted: whose it is, the version, and where she stands with it."""

    place: str
    view: VersionView
    stands: TermsStanding
    until: date | None

    def text(self, lang: str) -> Text:
        """The words in a language."""
        return self.view.shown(lang)

    def pieces(self, lang: str) -> tuple[Piece, ...]:
        """The same, to be laid out."""
        return pieces(self.text(lang).body)


@dataclass(frozen=True, slots=True)
class Said:
    """A line of evidence: what she said to which version of whose text, when, where, and who heard it."""

    act: str
    place: str
    version: int | None
    lang: str
    channel: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeskTerms:
    """Everything the page shows; `guest` is the approval a guest is asked for, where the branch asks guests for one."""

    required: bool
    standing: Standing
    papers: tuple[DeskPaper, ...]
    said: tuple[Said, ...]
    guest: dict[str, Approval]
    guest_said: tuple[Said, ...]

    def guest_pieces(self, lang: str) -> tuple[Piece, ...]:
        """The approval's words, to be laid out."""
        return pieces(self.guest[lang].text.body)

    @property
    def may_withdraw(self) -> bool:
        """Whether there is anything to withdraw."""
        return any(each.stands is TermsStanding.ACCEPTED for each in self.papers) or self.standing.guest_approved


class Looked(Protocol):
    """Whose page it is: the card that was shown, and the register's own number for her if it knows her."""

    @property
    def register(self) -> str: ...

    @property
    def card(self) -> CardNumber: ...

    @property
    def canonical(self) -> CardNumber | None: ...


async def terms_of_patron(
    session: Session, parts: StaffParts, branch: BranchView, patron: str | None, looked: Looked
) -> dict[str, Any]:
    """For the patron's page: `terms`. What she said before she was forgotten is found by her number."""
    policy = await policy_of(session, branch.id)
    today = session.now.astimezone(branch.wall).date()
    whom = patron or ""
    shown = {number.value for number in (looked.card, looked.canonical) if number is not None}
    digests = [parts.keys.lookup("patron", f"{looked.register}\n{number}") for number in sorted(shown)]
    async with session.within(Scope.of_consortium(branch.consortium)):
        standing = (await standings(session, branch, [whom]))[whom]
        applied = await applied_at(session, branch)
        said = list(await session.all(_rows(TermsEvidence, whom, digests)))
        approvals = list(await session.all(_rows(GuestApproval, whom, digests)))
        places = {view.id: view for view in await organisations(session)}
    async with session.within(SERVER):
        who = await names(session, sorted({row.by for row in [*said, *approvals]}))
    mine = frozenset(each.place for each in applied)
    asks_guests = policy is not None and policy.policy.guests is Guests.APPROVED
    own = places.get(branch.controller)
    known = {place: view.name for place, view in places.items()}
    terms = DeskTerms(
        required=policy is not None and policy.policy.terms_required,
        standing=standing,
        papers=tuple(_paper(each, [row for row in said if row.patron_id], today, known) for each in applied),
        said=_lines([row for row in said if row.place in mine or row.place is None], applied, known, who),
        guest={each.code: approval(own, each.code) for each in LANGUAGES} if asks_guests and own else {},
        guest_said=_approvals([row for row in approvals if row.place == branch.controller], known, who),
    )
    return {"terms": terms}


def _rows(table: type[TermsEvidence] | type[GuestApproval], patron: str, digests: Sequence[str]) -> Any:
    let_go = and_(col(table.patron_id).is_(None), col(table.number_digest).in_(digests))
    return select(table).where(or_(col(table.patron_id) == patron, let_go)).order_by(col(table.id))


def _paper(applied: Applied, said: Sequence[TermsEvidence], today: date, places: dict[str, str]) -> DeskPaper:
    stands, until = stands_with(applied, said, today)
    return DeskPaper(places.get(applied.place, applied.place), applied.shown_on(today), stands, until)


def _lines(
    rows: Sequence[TermsEvidence], applied: Sequence[Applied], places: dict[str, str], who: dict[str, str]
) -> tuple[Said, ...]:
    numbers = {view.id: view.number for each in applied for view in each.versions}
    found = [
        Said(
            row.act, places.get(row.place or "", ""), numbers.get(row.version_id or ""),
            row.lang, row.channel, who.get(row.by, ""), row.at,
        )
        for row in rows
    ]  # fmt: skip
    return tuple(reversed(found[-MOST_SHOWN:]))


def _approvals(rows: Sequence[GuestApproval], places: dict[str, str], who: dict[str, str]) -> tuple[Said, ...]:
    found = [
        Said(
            "accepted" if row.approved else "withdrawn", places.get(row.place or "", ""), None,
            row.lang, row.channel, who.get(row.by, ""), row.at,
        )
        for row in rows
    ]  # fmt: skip
    return tuple(reversed(found[-MOST_SHOWN:]))
