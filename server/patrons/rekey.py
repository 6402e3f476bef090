"""Every number of a register replaced by another: read from a list, tried dry, done at once or held by the brake."""

import csv
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import func, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber, card_from_text
from server.audit.service import record
from server.db import Scope, Session
from server.keys import KeyRing
from server.patrons.brake import HeldKind, HeldView, Taking, held, holders
from server.patrons.models import Patron, PatronNumber, PatronRight
from server.patrons.renumbering import Clash, Renumbering, clashes, rename_listed, renumber
from server.patrons.service import digest_of
from server.patrons.telling import opened_number, pieces, seal

MOST_LINES = 200_000


class Outcome(StrEnum):
    """What becomes of a line of the list."""

    MOVES = "moves"
    DONE = "done"
    """It was done before: the patron has the new number already."""
    SAME = "same"
    """Both numbers are one."""
    UNKNOWN = "unknown"
    """Nothing is known of the former number here: the line is about somebody without access."""
    TAKEN = "taken"
    """Another patron has the new number."""
    TWICE = "twice"
    """One of the numbers stands on another line too, with another partner."""
    NO_NUMBER = "no_number"


CONFLICTS = frozenset({Outcome.TAKEN, Outcome.TWICE, Outcome.NO_NUMBER})
"""What somebody should look at before it is done: these lines are left out."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list; numbers that are none are None."""

    at: int
    old: CardNumber | None = field(repr=False)
    new: CardNumber | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the list would do: each line's outcome, and who would have which number."""

    lines: tuple[Line, ...]
    outcomes: tuple[Outcome, ...]
    moves: tuple[Renumbering, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many lines come to what."""
        counted = Counter(self.outcomes)
        return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}

    @property
    def pairs(self) -> dict[CardNumber, CardNumber]:
        """Old to new of every line that nothing stands against."""
        found = zip(self.lines, self.outcomes, strict=True)
        return {
            line.old: line.new
            for line, outcome in found
            if outcome not in CONFLICTS and line.old is not None and line.new is not None
        }

    @property
    def conflicts(self) -> list[tuple[int, Outcome]]:
        """The lines that are left out, by number, and why; the number itself is not told."""
        found = zip(self.lines, self.outcomes, strict=True)
        return [(line.at, outcome) for line, outcome in found if outcome in CONFLICTS]


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and what waits for a person."""

    moved: int
    listed: int
    held: tuple[HeldView, ...]


def read_lines(text: str) -> list[Line]:
    """The pairs in a CSV text: `old,new` or `old;new`, with or without a heading. Empty lines do not count.

    Raises ValueError where there are no pairs, more than MOST_LINES, or no lines that can be told apart.
    """
    delimiter = ";" if text.count(";") > text.count(",") else ","
    try:
        rows = list(enumerate(csv.reader(text.lstrip("\ufeff").splitlines(), delimiter=delimiter), 1))
    except csv.Error as error:
        raise ValueError("the list is no CSV: a quotation mark is never closed") from error
    rows = [(at, row) for at, row in rows if any(cell.strip() for cell in row)]
    lines = [Line(at, _number(row, 0), _number(row, 1)) for at, row in rows if not _is_heading(at, row)]
    if not lines:
        raise ValueError("the list has no lines; write old,new on each")
    if len(lines) > MOST_LINES:
        raise ValueError(f"the list has {len(lines)} lines; at most {MOST_LINES} are read at a time")
    return lines


def _number(row: Sequence[str], at: int) -> CardNumber | None:
    return card_from_text(row[at]) if len(row) == len(("old", "new")) else None


def _is_heading(at: int, row: Sequence[str]) -> bool:
    return at == 1 and not any(character.isdigit() for cell in row for character in cell)


async def plan(session: Session, keys: KeyRing, consortium: str, register: str, lines: Sequence[Line]) -> Plan:
    """What the list would do to the patrons of a register; nothing is changed."""
    async with session.within(Scope.of_consortium(consortium)):
        digests = {line.old: digest_of(keys, register, line.old) for line in lines if line.old is not None}
        now, before = await _by_number(session, register, list(digests.values()))
        outcomes: dict[int, Outcome] = {}
        moves: dict[int, Renumbering] = {}
        twice = _twice(lines)
        for line in lines:
            digest = digests.get(line.old, "") if line.old else ""
            outcomes[line.at] = Outcome.TWICE if line.at in twice else _outcome(line, digest, now, before)
            if outcomes[line.at] is Outcome.MOVES and line.new is not None:
                moves[line.at] = Renumbering(now[digest], line.new)
        stopped = await clashes(session, keys, register, list(moves.values()))
    for at, each in moves.items():
        if each.patron in stopped:
            outcomes[at] = Outcome.DONE if stopped[each.patron] is Clash.SAME else Outcome.TAKEN
    free = tuple(each for each in moves.values() if each.patron not in stopped)
    return Plan(tuple(lines), tuple(outcomes[line.at] for line in lines), free)


def _outcome(line: Line, digest: str, now: Mapping[str, str], before: Mapping[str, str]) -> Outcome:
    if line.old is None or line.new is None:
        return Outcome.NO_NUMBER
    if line.old == line.new:
        return Outcome.SAME
    if digest in now:
        return Outcome.MOVES
    return Outcome.DONE if digest in before else Outcome.UNKNOWN


def _twice(lines: Iterable[Line]) -> set[int]:
    """The lines whose old or new number stands on another line too; a line that is repeated is one line."""
    pairs: dict[tuple[CardNumber, CardNumber], list[int]] = {}
    for line in lines:
        if line.old is not None and line.new is not None:
            pairs.setdefault((line.old, line.new), []).append(line.at)
    olds, news = Counter(old for old, _ in pairs), Counter(new for _, new in pairs)
    odd = {at for (old, new), lines_of in pairs.items() if olds[old] > 1 or news[new] > 1 for at in lines_of}
    return odd | {at for lines_of in pairs.values() for at in lines_of[1:]}


async def _by_number(session: Session, register: str, digests: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Who has each of these numbers now, and who had it before."""
    now: dict[str, str] = {}
    before: dict[str, str] = {}
    for some in pieces(digests):
        has = select(col(Patron.number_digest), col(Patron.id)).where(
            col(Patron.register_id) == register, col(Patron.number_digest).in_(some)
        )
        had = select(col(PatronNumber.number_digest), col(PatronNumber.patron_id)).where(
            col(PatronNumber.number_digest).in_(some)
        )
        now.update((digest, patron) for digest, patron in await session.all(has))
        before.update((digest, patron) for digest, patron in await session.all(had))
    return now, before


async def carry_out(session: Session, keys: KeyRing, consortium: str, register: str, planned: Plan, *, by: str) -> Done:
    """Do what the plan says. For each controller with more patrons in it than the brake lets pass, it waits instead."""
    scope = Scope.of_consortium(consortium)
    waiting: list[HeldView] = []
    free: list[Renumbering] = []
    async with session.within(scope):
        for controller, share in sorted((await _shares(session, planned.moves)).items()):
            view = await _held(session, keys, consortium, controller, share, register=register, by=by)
            if view is None:
                free += share
            else:
                waiting.append(view)
        # All in one go: of two patrons one may have the number that the other gives up.
        moved = await renumber(session, keys, consortium, register, free, by=by)
        listed = 0 if waiting else await rename_listed(session, keys, consortium, planned.pairs)
        said = {"lines": len(planned.lines), "moved": len(moved), "listed": listed, "held": len(waiting)}
        await record(session, "right.rekeyed", by, scope, {**said, "register": register})
    return Done(len(moved), listed, tuple(waiting))


async def do_held(session: Session, keys: KeyRing, view: HeldView) -> int:
    """What somebody released: the brake's doer for a re-keying. How many patrons have their new number now."""
    moves = [Renumbering(patron, opened_number(keys, b64decode(sealed))) for patron, sealed in view.payload["moves"]]
    former = await renumber(session, keys, view.consortium, view.source, moves, by=view.by)
    pairs = {former[each.patron]: each.number for each in moves if each.patron in former}
    await rename_listed(session, keys, view.consortium, pairs)
    return len(former)


async def _held(
    session: Session,
    keys: KeyRing,
    consortium: str,
    controller: str,
    share: Sequence[Renumbering],
    *,
    register: str,
    by: str,
) -> HeldView | None:
    if not controller:
        # They have no right that could be taken.
        return None
    sealed = [[each.patron, b64encode(seal(keys, each.number)).decode("ascii")] for each in share]
    taking = Taking(
        consortium=consortium,
        controller=controller,
        kind=HeldKind.REKEY,
        by=by,
        taken=len(share),
        total=await holders(session, consortium, controller),
        source=register,
        payload={"moves": sealed},
    )
    return await held(session, taking)


async def _shares(session: Session, moves: Sequence[Renumbering]) -> dict[str, list[Renumbering]]:
    """The moves by the controller who answers for them: of several, the first by name; of none, nobody ("")."""
    answering: dict[str, str] = {}
    for some in pieces([each.patron for each in moves]):
        statement = select(col(PatronRight.patron_id), func.min(col(PatronRight.controller_id)))
        statement = statement.where(col(PatronRight.patron_id).in_(some)).group_by(col(PatronRight.patron_id))
        answering.update((patron, controller) for patron, controller in await session.all(statement))
    shares: dict[str, list[Renumbering]] = {}
    for each in moves:
        shares.setdefault(answering.get(each.patron, ""), []).append(each)
    return shares
