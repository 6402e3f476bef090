"""`meroppet-server hours`: what a branch's hours are and why; its whole schedule as a file, and back again."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from meroppet.runtime.clock import SystemClock
from meroppet.wire.schedule_convert import file_from_schedule, holidays_from_wire, schedule_from_file
from server.db import Database, Session
from server.schedules.exceptions import exceptions_at
from server.schedules.holidays import holidays_of, keys_of, resolve
from server.schedules.service import schedule_of
from server.schedules.span_lines import bounds, holiday_days, span_lines
from server.schedules.targets import Target, target
from server.schedules.toml_file import read, require_holidays, write
from server.settings import ServerSettings
from server.web.gate import ALL_BRANCHES
from server.web.parts import HOME_ZONE


def from_file(given: argparse.Namespace) -> int:
    """Print what a schedule file says; 0, or 2 with one sentence. Needs neither settings nor database."""
    try:
        _name(given)
        file = read(given.schedule)
        hours = Hours(schedule_from_file(file))
        start, end = bounds(given.since, given.until, SystemClock().now(), hours.zone)
        if file.country is not None:
            require_holidays(file, keys_of(file.country))
            holidays = resolve(file.country, *holiday_days(start, end))
            hours = Hours(schedule_from_file(file, holidays))
        _print(span_lines(hours, start, end, explain=given.explain))
    except ValueError as error:
        return _fail(error)
    return 0


async def run(given: argparse.Namespace, settings: ServerSettings) -> int:
    """Print, export or import; 0, or 2 with one sentence for what is wrong.

    Raises ValueError where the database is not up to date.
    """
    from server.app import build
    from server.db.migrate import is_current

    server = build(settings)
    try:
        if not await is_current(server.database):
            raise ValueError("the database is not up to date; run meroppet-server migrate first")
        return await _done(given, server.database)
    finally:
        await server.close()


async def _done(given: argparse.Namespace, database: Database) -> int:
    try:
        match given.words:
            case ["export", place]:
                await _export(given, database, place)
            case ["import", place, file]:
                from server.schedules.import_command import import_file

                return await import_file(given, database, await _at(database, place), Path(file))
            case _:
                await _show(given, database)
    except ValueError as error:
        return _fail(error)
    return 0


def _name(given: argparse.Namespace) -> str:
    """The one branch asked for. Raises ValueError for more words than one, or options of the other two."""
    words: list[str] = given.words
    if words[0] in {"export", "import"}:
        needs = "export PLACE" if words[0] == "export" else "import PLACE FILE"
        raise ValueError(f"'hours {' '.join(words)}': write hours {needs}; see meroppet-server hours --help")
    if len(words) > 1:
        raise ValueError(f"'{' '.join(words)}': one branch at a time; write hours {words[0]}")
    return words[0]


async def _show(given: argparse.Namespace, database: Database) -> None:
    name = _name(given)
    async with database.reading(ALL_BRANCHES) as session:
        place = await _place(session, name)
        if place.branch is None:
            raise ValueError(f"'{name}' is a {place.level.value}; hours are a branch's, so give one of its branches")
        view = await schedule_of(session, name)
        now = session.now
    if view is None:
        raise ValueError(f"branch '{name}' has no hours yet; say its week on the staff pages, or import a file")
    start, end = bounds(given.since, given.until, now, view.hours.zone)
    _print(span_lines(view.hours, start, end, explain=given.explain))


async def _place(session: Session, name: str) -> Target:
    found = await target(session, name)
    if found is None:
        raise ValueError(f"there is no branch or organisation '{name}'; ids are those of the founding file")
    return found


async def _at(database: Database, name: str) -> Target:
    async with database.reading(ALL_BRANCHES) as session:
        return await _place(session, name)


async def _export(given: argparse.Namespace, database: Database, name: str) -> None:
    async with database.reading(ALL_BRANCHES) as session:
        at = await _place(session, name)
        async with session.within(at.scope):
            schedule = await _whole(session, at)
    about = f"The opening hours of {at.name} ({at.id}); docs/hours.md explains every key."
    if at.branch is None:
        about = f"What {at.name} ({at.id}) has decided for its branches; the week is each branch's own.\n{about}"
    text = write(file_from_schedule(schedule), about)
    if given.output is None:
        sys.stdout.write(text)
        return
    try:
        given.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{given.output}: cannot be written: {error.strerror}") from error


async def _whole(session: Session, at: Target) -> Schedule:
    if at.branch is not None:
        view = await schedule_of(session, at.id)
        if view is None:
            raise ValueError(f"branch '{at.id}' has no hours yet; there is nothing to export")
        return view.schedule
    holidays = await holidays_of(session, at.consortium)
    own = tuple(view.exception for view in await exceptions_at(session, at))
    days = holidays_from_wire(holidays) if holidays else ()
    return Schedule(HOME_ZONE.key, ((),) * 7, exceptions=own, holidays=days)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _fail(why: object) -> int:
    sys.stderr.write(f"meroppet-server: {why}\n")
    return 2
