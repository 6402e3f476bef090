"""Versions of texts: writing a draft, publishing it, and which texts hold at a branch. Who publishes is checked before.

A place is a municipality or a consortium; a branch is under its municipality's text and its consortium's.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlmodel import col

from meroppet.rules.terms import MOST_GRACE_DAYS, Act, Version
from server.db import Session
from server.organisations.belonging import belongs_since
from server.organisations.service import ALWAYS, BranchView
from server.terms.models import TermsEvidence, TermsText, TermsVersion
from server.terms.texts import LONGEST_BODY, LONGEST_CHANGE, LONGEST_TITLE, Text

FIRST_LANGUAGE = "sv"
"""The language every text is written in; the others may be left out, and then this one is shown."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version with its texts by language; `published_at` None is a draft."""

    id: str
    place: str
    rule: Version
    texts: Mapping[str, Text]
    made_by: str
    published_by: str | None
    published_at: datetime | None

    @property
    def number(self) -> int:
        """Its number within its place."""
        return self.rule.number

    @property
    def seal(self) -> str:
        """A digest of everything in it, by which somebody says which draft she has looked at."""
        rule = self.rule
        words = sorted(text.sha256 for text in self.texts.values())
        said = f"{rule.number} {rule.effective} {rule.grace_days} {rule.anew} {' '.join(words)}"
        return hashlib.sha256(said.encode()).hexdigest()

    def shown(self, lang: str) -> Text:
        """The text in this language, or in the first one where it was not written."""
        return self.texts.get(lang) or self.texts[FIRST_LANGUAGE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What staff have written of the next version."""

    effective: date
    grace_days: int
    anew: bool
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A place whose text holds at a branch since a day, with all that it has published, oldest first."""

    place: str
    since: date
    versions: tuple[VersionView, ...]

    def shown_on(self, day: date) -> VersionView:
        """The version to accept on a day: the newest in force, or before there is any, the next."""
        in_force = [view for view in self.versions if view.rule.effective <= day]
        return in_force[-1] if in_force else self.versions[0]


class Wrong(StrEnum):
    """Why a draft cannot be published."""

    NO_DRAFT = "no_draft"
    NO_TEXT = "no_text"
    TOO_LONG = "too_long"
    IN_THE_PAST = "in_the_past"
    BEFORE_THE_LAST = "before_the_last"
    GRACE = "grace"
    NOTHING_NEW = "nothing_new"


@dataclass(frozen=True, slots=True)
class Versions:
    """What a place has published, oldest first, and its draft if it has one."""

    published: tuple[VersionView, ...] = ()
    draft: VersionView | None = field(default=None)

    @property
    def newest(self) -> VersionView | None:
        """The last one published."""
        return self.published[-1] if self.published else None


async def versions_of(session: Session, place: str) -> Versions:
    """Everything a place has written."""
    found = (await _versions(session, [place])).get(place, [])
    drafts = [view for view in found if view.published_at is None]
    return Versions(tuple(view for view in found if view.published_at is not None), drafts[-1] if drafts else None)


async def version_of(session: Session, version_id: str) -> VersionView | None:
    """One published version, or None if the session's scope has none of this id."""
    place = await session.scalar(select(col(TermsVersion.place)).where(col(TermsVersion.id) == version_id))
    if place is None:
        return None
    published = (await versions_of(session, place)).published
    return next((view for view in published if view.id == version_id), None)


async def applied_at(session: Session, branch: BranchView) -> tuple[Applied, ...]:
    """The texts that hold at a branch, the consortium's first; none of a place that has published none."""
    joined = await belongs_since(session, branch.controller)
    places = {branch.consortium: joined.get(branch.consortium, ALWAYS), branch.controller: ALWAYS}
    found = await _versions(session, list(places))
    applied = [
        Applied(place, since, tuple(view for view in found.get(place, []) if view.published_at is not None))
        for place, since in places.items()
    ]
    return tuple(each for each in applied if each.versions)


def faults(draft: Draft, before: VersionView | None, today: date) -> list[Wrong]:
    """Why this draft cannot be published today; empty if it can."""
    texts = {text.lang: text for text in draft.texts}
    first = texts.get(FIRST_LANGUAGE)
    wrong = {
        Wrong.NO_TEXT: first is None or any(not (text.title and text.body) for text in texts.values()),
        Wrong.TOO_LONG: any(_is_long(text) for text in texts.values()),
        Wrong.IN_THE_PAST: draft.effective < today,
        Wrong.BEFORE_THE_LAST: before is not None and draft.effective < before.rule.effective,
        Wrong.GRACE: not 0 <= draft.grace_days <= MOST_GRACE_DAYS,
        Wrong.NOTHING_NEW: before is not None and _words(texts) == _words(before.texts),
    }
    return [each for each, is_so in wrong.items() if is_so]


def _is_long(text: Text) -> bool:
    return len(text.title) > LONGEST_TITLE or len(text.body) > LONGEST_BODY or len(text.changed) > LONGEST_CHANGE


def _words(texts: Mapping[str, Text]) -> dict[str, tuple[str, str]]:
    return {lang: (text.title, text.body) for lang, text in texts.items()}


async def save_draft(session: Session, consortium: str, place: str, draft: Draft, by: str) -> VersionView:
    """Keep the draft in place of the one the place has. Needs a grace within bounds."""
    old = (await versions_of(session, place)).draft
    if old is not None:
        await discard_draft(session, old)
    # Read anew: it may have been published while this waited for it.
    before = await versions_of(session, place)
    number = before.newest.number + 1 if before.newest else 1
    row = TermsVersion(
        id=secrets.token_hex(8),
        consortium_id=consortium,
        place=place,
        number=number,
        effective=draft.effective,
        grace_days=draft.grace_days,
        anew=draft.anew or before.newest is None,
        made_by=by,
        made_at=session.now,
    )
    session.add(row)
    await session.flush()
    for text in draft.texts:
        session.add(_row(consortium, row.id, text))
    await session.flush()
    return _view(row, [_row(consortium, row.id, text) for text in draft.texts])


async def discard_draft(session: Session, draft: VersionView) -> None:
    """Throw a draft away; what is published, even a moment ago, stays."""
    if await _still_a_draft(session, draft.id) is not None:
        await session.execute(delete(TermsText).where(col(TermsText.version_id) == draft.id))
        await session.execute(delete(TermsVersion).where(col(TermsVersion.id) == draft.id))


async def _still_a_draft(session: Session, version_id: str) -> TermsVersion | None:
    """The draft's row, held until this transaction ends; None if it was published or thrown away meanwhile."""
    row: TermsVersion | None = await session.scalar(
        select(TermsVersion)
        .where(col(TermsVersion.id) == version_id, col(TermsVersion.published_at).is_(None))
        .with_for_update()
    )
    return row


async def publish_draft(
    session: Session, place: str, number: int, by: str, today: date, *, seal: str | None = None
) -> VersionView | list[Wrong]:
    """Publish the draft that has this number, or say why not. What is published is never changed afterwards.

    `seal` is that of the draft she has looked at: words that somebody changed since are not published.
    """
    found = await versions_of(session, place)
    draft = found.draft
    if draft is None or draft.number != number or seal not in {None, draft.seal}:
        return [Wrong.NO_DRAFT]
    wrong = faults(draft_of(draft), found.newest, today)
    if wrong:
        return wrong
    row = await _still_a_draft(session, draft.id)
    if row is None:
        return [Wrong.NO_DRAFT]
    row.published_by, row.published_at = by, session.now
    await session.flush()
    return next(view for view in (await versions_of(session, place)).published if view.id == draft.id)


def draft_of(view: VersionView) -> Draft:
    """A version as it was written."""
    rule = view.rule
    return Draft(effective=rule.effective, grace_days=rule.grace_days, anew=rule.anew, texts=tuple(view.texts.values()))


async def accepted_by(session: Session, place: str) -> int:
    """How many patrons' last word about a place's text is yes. Needs the consortium's scope."""
    said = select(func.max(col(TermsEvidence.id)).label("last")).where(
        (col(TermsEvidence.place) == place) | (col(TermsEvidence.act) == Act.WITHDRAWN.value),
        col(TermsEvidence.act) != Act.ASKED.value,
        col(TermsEvidence.patron_id).is_not(None),
    )
    last = said.group_by(col(TermsEvidence.patron_id)).subquery()
    statement = select(func.count(col(TermsEvidence.id))).where(
        col(TermsEvidence.id).in_(select(last.c.last)), col(TermsEvidence.act) == Act.ACCEPTED.value
    )
    return int(await session.scalar(statement) or 0)


async def _versions(session: Session, places: Sequence[str]) -> dict[str, list[VersionView]]:
    statement = select(TermsVersion).where(col(TermsVersion.place).in_(places)).order_by(col(TermsVersion.number))
    rows = await session.all(statement)
    texts: dict[str, list[TermsText]] = {}
    for text in await session.all(select(TermsText).where(col(TermsText.version_id).in_([row.id for row in rows]))):
        texts.setdefault(text.version_id, []).append(text)
    found: dict[str, list[VersionView]] = {}
    for row in rows:
        found.setdefault(row.place, []).append(_view(row, texts.get(row.id, [])))
    return found


def _view(row: TermsVersion, texts: Iterable[TermsText]) -> VersionView:
    rule = Version(number=row.number, effective=row.effective, grace_days=row.grace_days, anew=row.anew)
    by_lang = {
        each.lang: Text(lang=each.lang, title=each.title, body=each.body, changed=each.changed) for each in texts
    }
    return VersionView(row.id, row.place, rule, by_lang, row.made_by, row.published_by, row.published_at)


def _row(consortium: str, version: str, text: Text) -> TermsText:
    return TermsText(
        consortium_id=consortium,
        version_id=version,
        lang=text.lang,
        title=text.title,
        body=text.body,
        changed=text.changed,
        sha256=text.sha256,
    )
