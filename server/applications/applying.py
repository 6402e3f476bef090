"""Applying at a branch: the texts as they were shown are accepted, and staff are asked where staff decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.applications.service import accept, ask, standing_everywhere, texts_at
from server.applications.standing import Standing, State
from server.applications.visitors import Visitor
from server.organisations.service import BranchView
from server.terms.service import VersionView
from server.web.parts import StaffParts

LONGEST_SIGNED = 28_000
"""Octets: BankID shows 40,000 characters of base64."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a patron is asked at a branch: the texts in her language, and whether staff will decide after that."""

    standing: Standing
    versions: tuple[VersionView, ...]
    lang: str

    @property
    def digests(self) -> str:
        """Which texts these are, in which language: what is accepted must be what was shown."""
        return " ".join([self.lang, *(version.shown(self.lang).sha256 for version in self.versions)])

    @property
    def is_asking(self) -> bool:
        """Whether accepting means applying, too."""
        return self.standing.may_apply

    def to_sign(self, sentence: str) -> str:
        """What the app shows to sign: the texts whole, or where they are longer than it takes, their names."""
        shown = [version.shown(self.lang) for version in self.versions]
        whole = "\n\n".join([sentence, *(f"{text.title}\n\n{text.body}" for text in shown)])
        if len(whole.encode("utf-8")) <= LONGEST_SIGNED:
            return whole
        return "\n\n".join([sentence, *(f"{text.title}\nSHA-256 {text.sha256}" for text in shown)])


async def offer(parts: StaffParts, visitor: Visitor, branch: BranchView, lang: str) -> Offer | None:
    """What she is asked at a branch; None where there is nothing to apply for or to accept."""
    async with parts.database.reading(visitor.scope) as session:
        everywhere = await standing_everywhere(session, parts.keys, parts.registers, visitor)
        found = next((each for each in everywhere if each.branch.id == branch.id), None)
        if found is None or not (found.may_apply or found.state is State.TERMS):
            return None
        return Offer(found, await texts_at(session, branch), lang)


async def apply(parts: StaffParts, visitor: Visitor, branch: BranchView, shown: str, proof: str = "") -> bool:
    """Accept the texts that were `shown`, and ask staff; False, and nothing is written, if those are not the texts."""
    made = await offer(parts, visitor, branch, shown.split(" ", 1)[0])
    if made is None or made.digests != shown:
        return False
    async with parts.database.session(visitor.scope) as session:
        if made.versions:
            await accept(session, parts.keys, visitor, branch, made.versions, lang=made.lang, proof=proof)
        if made.is_asking:
            await ask(session, parts.keys, visitor, branch)
    return True


async def decline(
    parts: StaffParts, visitor: Visitor, branch: BranchView, versions: Sequence[VersionView], lang: str
) -> None:
    """Write down that she will not have it so."""
    async with parts.database.session(visitor.scope) as session:
        await accept(session, parts.keys, visitor, branch, versions, lang=lang, accepted=False)
