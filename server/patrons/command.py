"""`meroppet-server rights rekey`: the new numbers of a library system, from a file too long for a page."""

import argparse
import sys

from server.db import Database, Scope
from server.keys import KeyRing
from server.organisations.service import BranchView, branch
from server.patrons.rekey import Done, Line, Outcome, Plan, carry_out, plan, read_lines
from server.settings import ServerSettings
from server.web.gate import ALL_BRANCHES

SAYS = {
    Outcome.MOVES: "a patron gets the new number",
    Outcome.DONE: "done before",
    Outcome.SAME: "both numbers are the same",
    Outcome.UNKNOWN: "nobody here has the old number",
    Outcome.TAKEN: "left out: another patron has the new number",
    Outcome.TWICE: "left out: one of the numbers stands on several lines",
    Outcome.NO_NUMBER: "left out: not two card numbers",
}
MOST_TOLD = 50


async def run(given: argparse.Namespace, settings: ServerSettings) -> int:
    """Do or try what was asked; 0, 1 where something waits or was left out, 2 with one sentence for what is wrong.

    Raises ValueError where the database is not up to date, OSError where the file cannot be read.
    """
    from server.app import build
    from server.db.migrate import is_current

    text = given.file.read_text(encoding="utf-8-sig")
    server = build(settings)
    try:
        if not await is_current(server.database):
            raise ValueError("the database is not up to date; run meroppet-server migrate first")
        register = server.registers.of(given.branch)
        return await _rekey(given, server.database, server.keys, register, text)
    finally:
        await server.close()


async def _rekey(given: argparse.Namespace, database: Database, keys: KeyRing, register: str | None, text: str) -> int:
    try:
        lines = read_lines(text)
    except ValueError as error:
        return _fail(str(error))
    async with database.reading(ALL_BRANCHES) as session:
        at = await branch(session, given.branch)
    if at is None or register is None:
        return _fail(f"branch '{given.branch}' is unknown or has no library system; give one that has an account in it")
    scope = Scope.of_consortium(at.consortium)
    if given.dry_run:
        async with database.reading(scope) as session:
            planned = await plan(session, keys, at.consortium, register, lines)
        return _told(planned, None)
    return await _done(database, keys, at, register, lines, given.by)


async def _done(database: Database, keys: KeyRing, at: BranchView, register: str, lines: list[Line], by: str) -> int:
    async with database.session(Scope.of_consortium(at.consortium)) as session:
        planned = await plan(session, keys, at.consortium, register, lines)
        done = await carry_out(session, keys, at.consortium, register, planned, by=by)
    return _told(planned, done)


def _told(planned: Plan, done: Done | None) -> int:
    said = [f"{count}: {SAYS[outcome]}" for outcome, count in planned.counts.items()]
    said += [f"line {at}: {SAYS[outcome]}" for at, outcome in planned.conflicts[:MOST_TOLD]]
    if done is None:
        said.append("nothing was changed (--dry-run)")
    else:
        said.append(f"patrons with their new number: {done.moved}; cards on lists that followed: {done.listed}")
        said += [f"{view.controller}: {view.taken} wait to be released on the page /held" for view in done.held]
    sys.stdout.write("\n".join(said) + "\n")
    return 1 if planned.conflicts or (done is not None and done.held) else 0


def _fail(why: str) -> int:
    sys.stderr.write(f"meroppet-server: {why}\n")
    return 2
