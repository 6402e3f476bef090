"""Where patrons stand with the texts of a branch, from what they said; and whether they may come as guests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.terms import Act, Evidence, Stands, TermsStanding, standing, together
from server.db import Scope, Session
from server.organisations.service import BranchView
from server.terms.models import GuestApproval, TermsEvidence
from server.terms.service import Applied, applied_at

AT_ONCE = 500
"""Patrons looked at in one statement."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patron stands at a branch; `until` as in meroppet.rules.terms. `said`: something is on record of her."""

    terms: TermsStanding
    until: date | None
    guest_approved: bool = False
    said: bool = False


async def standings(session: Session, branch: BranchView, patrons: Sequence[str]) -> dict[str, Standing]:
    """Every one of these patrons' standing at a branch today, whoever in the consortium heard what she said."""
    found: dict[str, Standing] = {}
    # What she said at another municipality's branch is seen for this only.
    async with session.within(Scope.of_consortium(branch.consortium)):
        applied = await applied_at(session, branch)
        for some in _pieces(patrons):
            found |= await _standings(session, branch, applied, some)
    return found


async def _standings(
    session: Session, branch: BranchView, applied: Sequence[Applied], patrons: Sequence[str]
) -> dict[str, Standing]:
    said: dict[str, list[TermsEvidence]] = {}
    rows = select(TermsEvidence).where(col(TermsEvidence.patron_id).in_(patrons)).order_by(col(TermsEvidence.id))
    for row in await session.all(rows):
        said.setdefault(row.patron_id, []).append(row)
    approved = await _approvals(session, branch, patrons)
    today = session.now.astimezone(branch.wall).date()
    found = {}
    for patron in patrons:
        stands, until = stands_at(applied, said.get(patron, []), today)
        is_on_record = patron in said or patron in approved
        found[patron] = Standing(stands, until, approved.get(patron, False), is_on_record)
    return found


def stands_at(applied: Sequence[Applied], said: Sequence[TermsEvidence], today: date) -> Stands:
    """Where somebody stands with all texts of a branch, from everything she said in the consortium, in order."""
    if not applied and _is_withdrawn(said):
        return TermsStanding.WITHDRAWN, None
    return together(stands_with(each, said, today) for each in applied)


def stands_with(applied: Applied, said: Sequence[TermsEvidence], today: date) -> Stands:
    """Where somebody stands with one place's text."""
    numbers = {view.id: view.number for view in applied.versions}
    evidence = [
        Evidence(act=Act(row.act), on=row.local_day, version=numbers.get(row.version_id or "", 0))
        for row in said
        if row.place in {applied.place, None}
    ]
    return standing(evidence, [view.rule for view in applied.versions], applied.since, today)


def _is_withdrawn(said: Sequence[TermsEvidence]) -> bool:
    decided = [row.act for row in said if row.act in {Act.WITHDRAWN.value, Act.ACCEPTED.value}]
    return bool(decided) and decided[-1] == Act.WITHDRAWN.value


async def _approvals(session: Session, branch: BranchView, patrons: Sequence[str]) -> dict[str, bool]:
    """The last word of each patron about this branch's municipality, by name or with the whole consortium."""
    about = [branch.controller, branch.consortium]
    rows = select(col(GuestApproval.patron_id), col(GuestApproval.approved)).where(
        col(GuestApproval.patron_id).in_(patrons), col(GuestApproval.place).in_(about)
    )
    return dict(await session.all(rows.order_by(col(GuestApproval.id))))


def _pieces(patrons: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(patrons), AT_ONCE):
        yield patrons[start : start + AT_ONCE]
