"""The demo's agreement: its text at each consortium, and what the invented patrons have said to it."""

from datetime import date

from demo.consortia import Consortium
from demo.people import Person
from meroppet.rules.terms import Act, Channel, TermsStanding
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView, organisation
from server.patrons.service import Holder
from server.terms.guests import approval
from server.terms.service import Draft, VersionView, publish_draft, save_draft
from server.terms.taking import Witness, approve, say, withdraw
from server.terms.texts import Text

_SWEDISH = """Du får vara i biblioteket under meröppet, också när ingen personal är där.

- Kortet och pinkoden är dina. Släpp inte in någon annan, och se till att dörren stängs efter dig.
- Lämna lokalen som du vill finna den, och gå när det stänger.
- Ditt besök skrivs upp med tid och filial. Det läses bara om något har hänt.

Den som bryter mot detta kan bli av med rätten att komma in."""
_ENGLISH = """You may be in the library during self-service hours, also when there are no staff.

- Card and PIN are yours. Let nobody else in, and see that the door shuts behind you.
- Leave the place as you want to find it, and leave when it closes.
- Your visit is written down with time and branch. It is read only if something has happened.

Who breaks this can lose the right to come in."""
_TEXTS = (
    Text(lang="sv", title="Avtal för meröppet", body=_SWEDISH),
    Text(lang="en", title="Agreement for self-service hours", body=_ENGLISH),
)
_SAID = {
    TermsStanding.ACCEPTED: (Act.ACCEPTED,),
    TermsStanding.DECLINED: (Act.DECLINED,),
    TermsStanding.WITHDRAWN: (Act.ACCEPTED,),
}


async def publish(session: Session, consortium: Consortium, today: date, by: str) -> VersionView:
    """The consortium's agreement, in force from today. Needs a session that is not scoped."""
    at = consortium.branches[0]
    draft = Draft(effective=today, grace_days=0, anew=True, texts=_TEXTS)
    saved = await save_draft(session, consortium.id, consortium.id, draft, by)
    done = await publish_draft(session, consortium.id, saved.number, by, today)
    if not isinstance(done, VersionView):
        raise TypeError(f"the agreement of {at.name} cannot be published: {done}")
    return done


async def answer(
    session: Session, keys: KeyRing, branch: BranchView, person: Person, holder: Holder, text: VersionView, by: str
) -> None:
    """Write down what a person has said to the agreement, and whether she approves the use of her card as a guest."""
    if person.right is None:
        return
    desk = Witness(branch, Channel.DESK, "sv", by)
    for act in _SAID.get(person.right.terms, ()):
        await say(session, keys, desk, holder, act, [text])
    if person.right.terms is TermsStanding.WITHDRAWN:
        await withdraw(session, keys, desk, holder)
    if person.right.guest_approved:
        place = await organisation(session, branch.controller)
        if place is not None:
            await approve(session, keys, desk, holder, approval(place, "sv"), approved=True)
