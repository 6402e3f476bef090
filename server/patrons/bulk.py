"""The same change for many cards at once: pasted numbers, tried dry, then done; what takes access goes by the brake."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select, true
from sqlmodel import col

from meroppet.ils.ports import Ils, PatronAnswer
from meroppet.rules.credentials import CardNumber, card_from_text
from meroppet.rules.eligibility import Right
from server.audit.service import done_since
from server.db import Session
from server.keys import KeyRing
from server.organisations.service import BranchView, branch
from server.patrons.brake import LATELY, HeldKind, HeldView, Taking, held, holders
from server.patrons.models import Patron, PatronRight
from server.patrons.reach import Reach, place_of
from server.patrons.service import Holder, find, set_known, set_rights
from server.patrons.suspensions import Notice, Suspension, SuspensionReason, SuspensionRefusal, refusal, suspend
from server.patrons.telling import pieces, tell, today_at

CARRIED_OUT = "right.set_several"
"""The action of the audit row of a list that was carried out."""
MOST_CARDS = 500
"""Cards in one go: each is asked for in the library system while staff wait."""
ASKED_AT_ONCE = 4
_BETWEEN = re.compile(r"[\s,]+")
_COLUMN, _COLUMN_OR_COMMA = re.compile(r"[;\t]"), re.compile(r"[;\t,]")


class Deed(StrEnum):
    """What is done to all of them."""

    GRANT = "grant"
    EXPIRE = "expire"
    """Their access ends with a day."""
    END = "end"
    """Their access is taken at once."""
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done, until when, within which reach; `reason` for a suspension."""

    deed: Deed
    reach: Reach
    last: date | None = None
    reason: SuspensionReason | None = None
    introduced: bool = False

    @property
    def takes(self) -> bool:
        """Whether it takes access away: then the brake has its say."""
        return self.deed is not Deed.GRANT

    def right(self) -> Right:
        """What a grant, an end or an expiry writes down."""
        return Right(permitted=self.deed is not Deed.END, valid_until=self.last, introduced=self.introduced)


class OrderRefusal(StrEnum):
    """Why an order cannot be meant."""

    NO_CARDS = "no_cards"
    TOO_MANY = "too_many"
    NO_DAY = "no_day"
    PAST = "past"
    NO_REASON = "no_reason"
    TOO_LONG = "suspension_too_long"


class Sorted(StrEnum):
    """What becomes of a card on the list."""

    CHANGES = "changes"
    UNKNOWN = "unknown"
    """The library system does not know it (or, for taking access, nothing is known of it here)."""
    UNANSWERED = "unanswered"
    NO_NUMBER = "no_number"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Entry:
    """A card of the list by its place in it; the number is shown to nobody but who pasted it."""

    at: int
    text: str = field(repr=False)
    sorted: Sorted
    holder: Holder | None = None
    patron: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A list looked through."""

    entries: tuple[Entry, ...]

    @property
    def counts(self) -> dict[Sorted, int]:
        """How many come to what."""
        counted = Counter(entry.sorted for entry in self.entries)
        return {each: counted[each] for each in Sorted if counted[each]}

    @property
    def left_out(self) -> list[Entry]:
        """What is not changed."""
        return [entry for entry in self.entries if entry.sorted is not Sorted.CHANGES]

    @property
    def changed(self) -> list[Entry]:
        """What is."""
        return [entry for entry in self.entries if entry.sorted is Sorted.CHANGES]


def wrong(order: Order, texts: Sequence[str], today: date) -> OrderRefusal | None:
    """What is wrong with an order for these cards, if anything; `today` is the branch's local day."""
    if not texts:
        return OrderRefusal.NO_CARDS
    if len(texts) > MOST_CARDS:
        return OrderRefusal.TOO_MANY
    if order.last is None and order.deed in {Deed.EXPIRE, Deed.SUSPEND}:
        return OrderRefusal.NO_DAY
    if order.last is not None and order.last < today:
        return OrderRefusal.PAST
    if order.deed is not Deed.SUSPEND:
        return None
    if order.reason is None:
        return OrderRefusal.NO_REASON
    is_long = refusal(_suspension(order, today), today) is SuspensionRefusal.TOO_LONG
    return OrderRefusal.TOO_LONG if is_long else None


def card_texts(pasted: str) -> list[str]:
    """The cards in a pasted text: many on a line, or the first column of a table (semicolons, tabs, or a heading)."""
    lines = pasted.lstrip("\ufeff").splitlines()
    has_heading = bool(lines) and not any(character.isdigit() for character in lines[0])
    columns = _COLUMN_OR_COMMA if has_heading else _COLUMN
    firsts = [columns.split(line, maxsplit=1)[0] for line in lines[has_heading:]]
    return [text for first in firsts for text in _BETWEEN.split(first) if text]


async def answers(ils: Ils | None, texts: Sequence[str]) -> dict[CardNumber, PatronAnswer]:
    """What the library system says of each card; outside any transaction, for it may take its time."""
    gate = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(number: CardNumber) -> PatronAnswer | None:
        async with gate:
            return None if ils is None else await ils.patron(number.value, None)

    numbers = list(dict.fromkeys(number for text in texts if (number := card_from_text(text)) is not None))
    found = await asyncio.gather(*(ask(number) for number in numbers))
    return {number: answer for number, answer in zip(numbers, found, strict=True) if answer is not None}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list is worked through: a branch, its register, and how numbers are found."""

    keys: KeyRing
    branch: BranchView
    register: str


async def looked_through(
    session: Session, here: Place, texts: Sequence[str], order: Order, said: Mapping[CardNumber, PatronAnswer]
) -> Batch:
    """What each card comes to: by what the library system said for a grant, by what is known here for taking access.

    Nothing is changed.
    """
    seen: set[CardNumber] = set()
    entries = []
    for at, text in enumerate(texts, 1):
        number = card_from_text(text)
        if number is None:
            entries.append(Entry(at, text, Sorted.NO_NUMBER))
        elif number in seen:
            entries.append(Entry(at, text, Sorted.TWICE))
        elif order.takes:
            entries.append(await _known(session, here, at, number))
        else:
            entries.append(_said(here, at, number, said.get(number)))
        seen |= {number} if number is not None else set()
    if order.deed in {Deed.END, Deed.EXPIRE}:
        entries = await _with_access(session, here, entries, order)
    return Batch(tuple(entries))


async def _known(session: Session, here: Place, at: int, number: CardNumber) -> Entry:
    patron = await find(session, here.keys, here.branch.consortium, here.register, number)
    return Entry(at, number.value, Sorted.UNKNOWN if patron is None else Sorted.CHANGES, patron=patron)


def _said(here: Place, at: int, number: CardNumber, answer: PatronAnswer | None) -> Entry:
    if answer is None or not answer.is_available:
        return Entry(at, number.value, Sorted.UNANSWERED)
    canonical = card_from_text(answer.patron_id or "")
    if canonical is None or answer.facts is None or not answer.facts.valid:
        return Entry(at, number.value, Sorted.UNKNOWN)
    return Entry(at, number.value, Sorted.CHANGES, Holder(here.register, canonical, number))


async def _with_access(session: Session, here: Place, entries: list[Entry], order: Order) -> list[Entry]:
    """Nobody's access can end who was given none at just this place: of her it must not be said that she had some."""
    patrons = [entry.patron for entry in entries if entry.patron is not None]
    has = {row.patron_id for row in await _permitted(session, here.branch, patrons, order.reach)}
    return [
        replace(entry, sorted=Sorted.UNKNOWN) if entry.patron is not None and entry.patron not in has else entry
        for entry in entries
    ]


async def _permitted(session: Session, at: BranchView, patrons: Sequence[str], reach: Reach) -> list[PatronRight]:
    found: list[PatronRight] = []
    for some in pieces(patrons):
        rows = select(PatronRight).where(
            col(PatronRight.patron_id).in_(some),
            col(PatronRight.controller_id) == at.controller,
            col(PatronRight.reach) == reach.value,
            col(PatronRight.place) == place_of(at, reach),
            col(PatronRight.permitted).is_(true()),
        )
        found += await session.all(rows)
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many patrons were changed, or what waits for a person instead."""

    changed: int
    held: HeldView | None = None


async def carry_out(session: Session, here: Place, batch: Batch, order: Order, *, by: str) -> Outcome:
    """Do it; the doors in reach know within a second of the commit. Too much taken at once waits for a person."""
    at = here.branch
    if not order.takes:
        wanted = await _granted(session, here, batch, order)
        patrons = await set_rights(session, here.keys, at, wanted, by=by, reach=order.reach)
        return Outcome(len(set(patrons)))
    known = [entry.patron for entry in batch.changed if entry.patron is not None]
    taking = Taking(
        consortium=at.consortium,
        controller=at.controller,
        kind=HeldKind.BULK,
        by=by,
        taken=len(known),
        total=await holders(session, at.consortium, at.controller),
        before=await _taken_lately(session, at),
        payload={"branch": at.id, "patrons": known, **_written(order)},
    )
    waiting = await held(session, taking)
    return Outcome(0, waiting) if waiting else Outcome(await _take(session, here.keys, at, known, order, by))


async def _taken_lately(session: Session, at: BranchView) -> int:
    """From how many patrons access was taken like this within the hour, as the log of what staff did says."""
    done = await done_since(session, CARRIED_OUT, at.scope, session.now - LATELY)
    return sum(int(said["changed"]) for said in done if said["deed"] != Deed.GRANT)


async def _granted(session: Session, here: Place, batch: Batch, order: Order) -> list[tuple[Holder, Right]]:
    """What each is given: never an end before the one she has, for to take access is another deed and is braked."""
    right, longest = order.right(), {}
    whose: dict[CardNumber, str | None] = {}
    for entry in batch.changed:
        if entry.holder is not None and order.last is not None:
            number = entry.holder.number
            whose[number] = await find(session, here.keys, here.branch.consortium, here.register, number)
    patrons = [patron for patron in whose.values() if patron is not None]
    for row in await _permitted(session, here.branch, patrons, order.reach):
        if row.valid_until is None or (order.last is not None and row.valid_until > order.last):
            longest[row.patron_id] = replace(right, valid_until=row.valid_until)
    holders_of = [entry.holder for entry in batch.changed if entry.holder is not None]
    return [(each, longest.get(whose.get(each.number) or "", right)) for each in holders_of]


async def do_held(session: Session, keys: KeyRing, view: HeldView) -> int:
    """What somebody released: the brake's doer for a bulk change. How many patrons it changed something for."""
    async with session.within(view.scope):
        at = await branch(session, view.payload["branch"])
        if at is None:
            raise LookupError(f"branch {view.payload['branch']} is no more")
        still = [one for some in pieces(view.payload["patrons"]) for one in await _still(session, some)]
        return await _take(session, keys, at, still, _read(view.payload), view.by)


async def _still(session: Session, patrons: Sequence[str]) -> Sequence[str]:
    """Who of them has not been forgotten meanwhile."""
    found: Sequence[str] = await session.all(select(col(Patron.id)).where(col(Patron.id).in_(patrons)))
    return found


async def _take(session: Session, keys: KeyRing, at: BranchView, patrons: Sequence[str], order: Order, by: str) -> int:
    today = today_at(session, at)
    if order.deed is Deed.SUSPEND:
        wanted = _suspension(order, today)
        return 0 if await suspend(session, keys, at, patrons, wanted, by=by) is not None else len(patrons)
    if order.deed is Deed.END:
        await set_known(session, keys, at, patrons, order.right(), by=by, reach=order.reach)
        return len(patrons)
    rows = await _permitted(session, at, patrons, order.reach)
    for row in rows:
        row.valid_until = min(order.last or today, row.valid_until or date.max)
        row.listed_at = row.reminded_at = None
    await session.flush()
    await tell(session, keys, at, order.reach, patrons)
    return len(rows)


def _suspension(order: Order, today: date) -> Suspension:
    return Suspension(
        reason=order.reason or SuspensionReason.OTHER,
        first=today,
        last=order.last or today,
        notice=Notice.NOT_YET,
        reach=order.reach,
    )


def _written(order: Order) -> dict[str, Any]:
    return {
        "deed": order.deed.value,
        "reach": order.reach.value,
        "last": order.last.isoformat() if order.last else None,
        "reason": order.reason.value if order.reason else None,
    }


def _read(written: Mapping[str, Any]) -> Order:
    return Order(
        deed=Deed(written["deed"]),
        reach=Reach(written["reach"]),
        last=date.fromisoformat(written["last"]) if written["last"] else None,
        reason=SuspensionReason(written["reason"]) if written["reason"] else None,
    )
