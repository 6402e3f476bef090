"""Writing down what a patron says to a text, with the evidence of it; the doors it concerns know within a second."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from meroppet.rules.terms import Act, Channel
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView
from server.patrons.reach import Reach
from server.patrons.service import Holder, find, known_or_new
from server.patrons.telling import tell
from server.terms.guests import Approval
from server.terms.models import GuestApproval, TermsEvidence
from server.terms.service import VersionView


@dataclass(frozen=True, slots=True)
class Witness:
    """Where something was said: the branch, the channel, in which language, and who heard it.

    `by` is the account at the desk, the device of the kiosk, or the reference of an electronic identification.
    """

    branch: BranchView
    channel: Channel
    lang: str
    by: str


async def say(
    session: Session, keys: KeyRing, witness: Witness, holder: Holder, act: Act, versions: Iterable[VersionView]
) -> str:
    """Write down what the patron said to these versions; the patron's id. To withdraw is said by `withdraw`."""
    patron = await _patron(session, keys, witness, holder)
    for version in versions:
        text = version.shown(witness.lang)
        row = TermsEvidence(
            **_who(session, keys, witness, holder, patron),
            place=version.place,
            version_id=version.id,
            sha256=text.sha256,
            lang=text.lang,
            act=act.value,
            local_day=session.now.astimezone(witness.branch.wall).date(),
        )
        session.add(row)
    return await _tell(session, keys, witness, patron)


async def withdraw(session: Session, keys: KeyRing, witness: Witness, holder: Holder) -> str:
    """She takes back everything she accepted, and every approval as a guest: no door of the consortium opens by it."""
    patron = await _patron(session, keys, witness, holder)
    who = _who(session, keys, witness, holder, patron)
    day = session.now.astimezone(witness.branch.wall).date()
    session.add(TermsEvidence(**who, lang=witness.lang, act=Act.WITHDRAWN.value, local_day=day))
    consortium = witness.branch.consortium
    session.add(GuestApproval(**who, lang=witness.lang, place=consortium, approved=False))
    return await _tell(session, keys, witness, patron)


async def approve(
    session: Session, keys: KeyRing, witness: Witness, holder: Holder, approval: Approval, *, approved: bool
) -> str:
    """Write down that she lets a place's branches see her facts, or no longer does; the patron's id."""
    patron = await _patron(session, keys, witness, holder)
    row = GuestApproval(
        **_who(session, keys, witness, holder, patron),
        place=approval.place,
        sha256=approval.text.sha256,
        lang=approval.text.lang,
        approved=approved,
    )
    session.add(row)
    return await _tell(session, keys, witness, patron)


async def _patron(session: Session, keys: KeyRing, witness: Witness, holder: Holder) -> str:
    """Whom the server knows by any of her cards is not made anew by it."""
    consortium = witness.branch.consortium
    known = await find(session, keys, consortium, holder.register, holder.number)
    return known or await known_or_new(session, keys, consortium, holder)


def _who(session: Session, keys: KeyRing, witness: Witness, holder: Holder, patron: str) -> dict[str, Any]:
    branch = witness.branch
    return {
        "consortium_id": branch.consortium,
        "controller_id": branch.controller,
        "patron_id": patron,
        "register_id": holder.register,
        "number_digest": keys.lookup("patron", f"{holder.register}\n{holder.number.value}"),
        "channel": witness.channel.value,
        "by": witness.by,
        "at": session.now,
        "branch_id": branch.id,
    }


async def _tell(session: Session, keys: KeyRing, witness: Witness, patron: str) -> str:
    await session.flush()
    await tell(session, keys, witness.branch, Reach.CONSORTIUM, [patron])
    return patron
