"""What a patron who stands at a kiosk is asked to accept there, and writing down what she answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.policy import Guests, Policy
from meroppet.rules.terms import Act, Channel, TermsStanding
from meroppet.wire.terms import WirePaper, WirePaperText
from server.db import Scope, Session
from server.keys import KeyRing
from server.organisations.service import BranchView, organisation
from server.patrons.service import Holder
from server.terms.guests import Approval, approval, languages
from server.terms.models import GuestApproval, TermsEvidence
from server.terms.service import FIRST_LANGUAGE, Applied, VersionView, applied_at, version_of
from server.terms.standing import stands_with
from server.terms.taking import Witness, approve, say
from server.terms.texts import Text

TERMS, GUEST = "terms", "guest"
_ANSWERED = frozenset({TermsStanding.ACCEPTED, TermsStanding.DECLINED, TermsStanding.WITHDRAWN})
"""Who said no to these words or withdrew is not asked again: she changes her mind at a desk."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a kiosk says of an answer: to which paper, what, and which words were on the screen."""

    paper: str
    act: Act
    lang: str
    sha256: str


async def due_terms(session: Session, branch: BranchView, policy: Policy, patron: str | None) -> list[WirePaper]:
    """The texts in force that the patron is to accept; none where the branch requires none."""
    if not policy.terms_required:
        return []
    today = session.now.astimezone(branch.wall).date()
    async with session.within(Scope.of_consortium(branch.consortium)):
        applied = await applied_at(session, branch)
        said = await _said(session, patron)
    found = []
    for each in applied:
        stands, until = stands_with(each, said, today)
        is_in_force = each.since <= today and each.versions[0].rule.effective <= today
        view = each.shown_on(today)
        is_to_answer = stands not in _ANSWERED or (stands is TermsStanding.DECLINED and not _has_declined(said, view))
        if is_in_force and is_to_answer:
            found.append(_terms(each, view, until))
    return found


def _has_declined(said: Sequence[TermsEvidence], view: VersionView) -> bool:
    return any(row.act == Act.DECLINED.value and row.version_id == view.id for row in said)


def _terms(applied: Applied, view: VersionView, until: date | None) -> WirePaper:
    is_first = view.number == applied.versions[0].number
    ordered = sorted(view.texts.values(), key=lambda text: text.lang != FIRST_LANGUAGE)
    return WirePaper(
        id=f"{TERMS}:{view.id}",
        kind=TERMS,
        texts=tuple(_wire(text, "" if is_first else text.changed) for text in ordered),
        until=until,
    )


def _wire(text: Text, changed: str) -> WirePaperText:
    return WirePaperText(lang=text.lang, title=text.title, body=text.body, changed=changed, sha256=text.sha256)


async def _said(session: Session, patron: str | None) -> list[TermsEvidence]:
    rows = select(TermsEvidence).where(col(TermsEvidence.patron_id) == patron).order_by(col(TermsEvidence.id))
    return [] if patron is None else list(await session.all(rows))


def is_guest(policy: Policy, facts: PatronFacts) -> bool:
    """Whether the branch asks this patron for an approval, because she belongs to another municipality."""
    if policy.guests is not Guests.APPROVED or facts.home is None:
        return False
    return policy.homes is None or facts.home not in policy.homes


async def may_be_asked_as_guest(session: Session, branch: BranchView, policy: Policy, patron: str | None) -> bool:
    """Whether a patron may have to be asked for an approval: the branch wants one, and she has never answered."""
    if policy.guests is not Guests.APPROVED:
        return False
    about = (branch.controller, branch.consortium)
    rows = select(col(GuestApproval.id)).where(
        col(GuestApproval.patron_id) == patron, col(GuestApproval.place).in_(about)
    )
    async with session.within(Scope.of_consortium(branch.consortium)):
        return patron is None or await session.scalar(rows.limit(1)) is None


async def guest_paper(session: Session, branch: BranchView) -> WirePaper | None:
    """The approval a guest is asked for at a branch."""
    place = await organisation(session, branch.controller)
    if place is None:
        return None
    texts = tuple(_wire(approval(place, lang).text, "") for lang in languages())
    return WirePaper(id=f"{GUEST}:{place.id}", kind=GUEST, texts=texts)


async def write_down(
    session: Session, keys: KeyRing, branch: BranchView, holder: Holder, answered: Answered, *, device: str
) -> bool:
    """Whether the answer was to words that are asked about at this branch, and is written down now."""
    kind, _, name = answered.paper.partition(":")
    witness = Witness(branch, Channel.KIOSK, answered.lang, device)
    if kind == GUEST:
        asked = await _approval(session, branch, name, answered)
        if asked is not None and answered.act is not Act.ASKED:
            await approve(session, keys, witness, holder, asked, approved=answered.act is Act.ACCEPTED)
        return asked is not None
    version = await _version(session, branch, name, answered) if kind == TERMS else None
    if version is not None:
        await say(session, keys, witness, holder, answered.act, [version])
    return version is not None


async def _version(session: Session, branch: BranchView, name: str, answered: Answered) -> VersionView | None:
    async with session.within(Scope.of_consortium(branch.consortium)):
        version = await version_of(session, name)
        places = {each.place for each in await applied_at(session, branch)}
    if version is None or version.place not in places:
        return None
    text = version.texts.get(answered.lang)
    return version if text is not None and text.sha256 == answered.sha256 else None


async def _approval(session: Session, branch: BranchView, name: str, answered: Answered) -> Approval | None:
    place = await organisation(session, branch.controller)
    if place is None or place.id != name:
        return None
    asked = approval(place, answered.lang)
    return asked if asked.text.sha256 == answered.sha256 else None
