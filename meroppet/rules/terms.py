"""What a patron has said to the texts a library asks her to accept, and until when that opens a door."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum


class TermsStanding(StrEnum):
    """Where a patron stands with the texts of one branch, in the order in which the worse of two counts."""

    NOT_NEEDED = "not_needed"
    """There is no text to accept."""
    ACCEPTED = "accepted"
    PENDING = "pending"
    """A text is in force that she was asked about, or a newer one than she accepted."""
    NOT_ASKED = "not_asked"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What is on record of a patron and a text."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """Where she said it."""

    DESK = "desk"
    KIOSK = "kiosk"
    EID = "eid"
    PAGE = "page"
    """Her own page, signed in with card and PIN."""


MOST_GRACE_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One published version of a text; later ones have higher numbers.

    It may be accepted from its publication on and counts from `effective` on. For so many days of grace from then the
    door opens as before. `anew`: who accepted an earlier one must accept this one too; a corrected misspelling is not.
    """

    number: int
    effective: date
    grace_days: int = 0
    anew: bool = True

    def __post_init__(self) -> None:
        if self.number < 1 or not 0 <= self.grace_days <= MOST_GRACE_DAYS:
            raise ValueError(f"version {self.number} with {self.grace_days} days of grace; 0–{MOST_GRACE_DAYS} days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something a patron said, on a local day; a withdrawal concerns every version of every text."""

    act: Act
    on: date
    version: int = 0


@dataclass(frozen=True, slots=True)
class _Said:
    """What all that was said comes to: the highest version accepted, the lowest declined since."""

    accepted: int = 0
    declined: int | None = None
    asked: bool = False
    withdrawn: bool = False


Stands = tuple[TermsStanding, date | None]
"""A standing, and the last day on which the door opens by it; None: no last day is known."""


def standing(evidence: Sequence[Evidence], versions: Iterable[Version], since: date, today: date) -> Stands:
    """Where a patron stands with one text.

    `evidence` is in the order in which it was said. `since` is the day the branch's municipality came under the text
    (it joined a consortium): what was accepted before does not count there, and no grace ends before it began.
    """
    published = sorted(versions, key=lambda version: version.number)
    said = _said(evidence, frozenset(version.number for version in published), since)
    if said.withdrawn:
        return TermsStanding.WITHDRAWN, None
    if not published:
        return TermsStanding.NOT_NEEDED, None
    # The first version has no earlier one that could stand in for it.
    due = [version for version in published if version.anew or version is published[0]]
    unaccepted = [version for version in due if version.number > said.accepted]
    in_force = [version for version in unaccepted if max(version.effective, since) <= today]
    if any(_is_declined(version, said) for version in in_force):
        return TermsStanding.DECLINED, None
    until = min((_last_day(version, said, since) for version in unaccepted), default=None)
    if said.accepted and not in_force:
        return TermsStanding.ACCEPTED, until
    return TermsStanding.PENDING if said.accepted or said.asked else TermsStanding.NOT_ASKED, until


def together(stands: Iterable[Stands]) -> Stands:
    """Where she stands with all texts of a branch: the worst of them, until the first of their days."""
    worst, first = TermsStanding.NOT_NEEDED, None
    for each, until in stands:
        worst = max(worst, each, key=_RANK.__getitem__)
        if until is not None:
            first = until if first is None else min(first, until)
    return (worst, None) if worst in _ENDED else (worst, first)


def holds(stands: TermsStanding, until: date | None, today: date) -> bool:
    """Whether a door that requires terms opens by this standing today: accepted, or within the days of grace.

    A door that requires what nobody can accept (NOT_NEEDED) stays shut: its rules contradict each other.
    """
    if stands is TermsStanding.ACCEPTED:
        return until is None or today <= until
    return stands in {TermsStanding.PENDING, TermsStanding.NOT_ASKED} and until is not None and today <= until


_RANK = {each: rank for rank, each in enumerate(TermsStanding)}
_ENDED = frozenset({TermsStanding.DECLINED, TermsStanding.WITHDRAWN})


def _said(evidence: Sequence[Evidence], published: frozenset[int], since: date) -> _Said:
    said = _Said()
    for one in evidence:
        if one.act is Act.WITHDRAWN:
            said = _Said(withdrawn=True)
        elif one.version in published:
            said = _after(said, one, since)
    return said


def _after(said: _Said, one: Evidence, since: date) -> _Said:
    match one.act:
        case Act.ACCEPTED if one.on >= since:
            declined = said.declined if said.declined is not None and said.declined > one.version else None
            return _Said(max(said.accepted, one.version), declined, asked=True)
        case Act.DECLINED:
            # A no to one version is no yes to any later one either.
            declined = one.version if said.declined is None else min(said.declined, one.version)
            return replace(said, accepted=min(said.accepted, one.version - 1), declined=declined, asked=True)
        case Act.ASKED:
            return replace(said, asked=True)
        case _:
            return said


def _is_declined(version: Version, said: _Said) -> bool:
    return said.declined is not None and version.number >= said.declined


def _last_day(version: Version, said: _Said, since: date) -> date:
    """The last day without this version. Who has declined it has no grace."""
    grace = 0 if _is_declined(version, said) else version.grace_days
    return max(version.effective, since) + timedelta(days=grace - 1)
