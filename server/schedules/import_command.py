"""`meroppet-server hours import`: what a file would change, told day by day, and written where nothing is wrong."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from server.db import Database
from server.schedules.import_effects import BranchEffect, effects, told
from server.schedules.import_files import plan_of, standing_at
from server.schedules.import_rows import LARGEST, Told
from server.schedules.importing import Plan, apply
from server.schedules.oddities import Oddity, OddityKind
from server.schedules.targets import Target
from server.web.gate import ALL_BRANCHES
from server.web.parts import HOME_ZONE

FIRST_DAYS = 10


async def import_file(given: argparse.Namespace, database: Database, at: Target, file: Path) -> int:
    """Say what the file changes at a place, and write it unless told not to; 2 where anything in it is wrong."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    open_session = database.reading if given.dry_run else database.session
    async with open_session(ALL_BRANCHES) as session, session.within(at.scope):
        here = await standing_at(session, at)
        plan = await plan_of(session, here, file.name, data)
        if plan.wrong:
            return _refuse(file, plan)
        _say(_notes(plan))
        today = session.now.astimezone(here.branch.wall if here.branch else HOME_ZONE).date()
        _say(_told(plan, await effects(session, plan, today)))
        if not given.dry_run:
            await apply(session, plan, here.branch, given.by, f"import {file.name}"[:200])
    if given.dry_run:
        _say(["nothing was written (--dry-run)"])
    return 0


def _refuse(file: Path, plan: Plan) -> int:
    for each in plan.wrong:
        sys.stderr.write(f"meroppet-server: {file}{_where(each)}: {each.sentence}\n")
    sys.stderr.write("meroppet-server: nothing was imported\n")
    return 2


def _where(each: Told) -> str:
    return f", line {each.line}" if each.line else ""


def _notes(plan: Plan) -> Iterator[str]:
    for each in plan.notes:
        yield f"note{_where(each)}{f' ({each.text})' if each.text else ''}: {each.sentence}"


def _told(plan: Plan, found: Sequence[BranchEffect]) -> Iterator[str]:
    """What changes in words; a branch of which no day changes is not told."""
    if plan.is_idle:
        yield f"{plan.at.id}: nothing changes; this is what holds already"
        return
    if plan.pattern is not None:
        yield f"{plan.at.id}: its own pattern becomes the file's"
    for exception in plan.put:
        yield f"{plan.at.id}: exception {exception.id} is set"
    for name in plan.removed:
        yield f"{plan.at.id}: exception {name} is removed"
    for effect in found:
        yield from _days(effect)


def _days(effect: BranchEffect) -> Iterator[str]:
    name = effect.branch.id
    count = len(effect.days)
    yield f"{name}: {count} {'day changes' if count == 1 else 'days change'}"
    for change in effect.days[:FIRST_DAYS]:
        yield f"{name}: {change.day:%a} {change.day}: {told(change.before)} -> {told(change.after)}"
    if len(effect.days) > FIRST_DAYS:
        yield f"{name}: and {len(effect.days) - FIRST_DAYS} days more"
    for oddity in effect.oddities:
        yield f"{name}: look at this: {_odd(oddity)}"
    if effect.days:
        yield f"{name}: reaches {', '.join(effect.devices) or 'no device yet'}"


def _odd(oddity: Oddity) -> str:
    about = " ".join(part for part in (oddity.subject, str(oddity.day or "")) if part)
    words = _ODD[oddity.kind]
    return f"{about}: {words}" + (f" ({oddity.other})" if oddity.other else "")


_ODD = {
    OddityKind.PAST: "all its days have passed",
    OddityKind.BEYOND_KNOWN: "its last day is farther ahead than the doors know their hours",
    OddityKind.CHANGES_NOTHING: "it changes nothing; the doors do the same without it",
    OddityKind.CONTRADICTS: "it contradicts another exception of the same level",
    OddityKind.CLOSED_WHILE_STAFFED: "closed within staffed hours",
    OddityKind.STAFFED_BEYOND_HOST: "staffed outside the hours of the building",
    OddityKind.LONG_DAY: "open while the clock is turned back; the day has 25 hours",
    OddityKind.SHORT_DAY: "open while the clock is turned forward; the day has 23 hours",
    OddityKind.HOLIDAY_WITHOUT_RULE: "a holiday without a rule is a day as usual",
    OddityKind.HOLIDAYS_WITHOUT_RULE: "the next of several holidays without a rule, which are days as usual",
    OddityKind.NEVER_OPEN: "never open",
}


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
