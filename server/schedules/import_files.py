"""An import from a file's name and bytes, for command line and staff page alike: what it would do, or why not."""

from dataclasses import dataclass, replace
from datetime import datetime

from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from meroppet.texts.patron import N_
from meroppet.wire.schedule_convert import schedule_from_file
from meroppet.wire.schedules import ScheduleFile
from server.db import Session
from server.organisations.service import BranchView, branch
from server.schedules.exceptions import exceptions_at
from server.schedules.holidays import keys_of, resolve
from server.schedules.import_csv import read_csv
from server.schedules.import_ical import read_ical
from server.schedules.import_rows import Reading, Told, text_of
from server.schedules.importing import Plan, plan_of_file, plan_of_rows
from server.schedules.sentences import NotUnderstood, Sentence
from server.schedules.service import schedule_of
from server.schedules.targets import Target
from server.schedules.toml_file import ScheduleFileError, parse, require_holidays
from server.web.parts import HOME_ZONE

_ENDINGS = ("toml", "csv", "txt", "ics")


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at a place before an import: a branch with its hours, or a wider place."""

    at: Target
    branch: BranchView | None
    hours: Hours | None


async def standing_at(session: Session, at: Target) -> Standing:
    """What holds there now."""
    found = await branch(session, at.id) if at.branch else None
    view = await schedule_of(session, at.id) if found else None
    return Standing(at, found, view.hours if view else None)


async def plan_of(session: Session, here: Standing, name: str, data: bytes) -> Plan:
    """What the file would change; `wrong` where it cannot be meant."""
    own = [view.exception for view in await exceptions_at(session, here.at)]
    try:
        text, note = text_of(data)
        ending = name.rpartition(".")[2].casefold()
        if ending == "toml":
            standing = here.hours.schedule if here.hours else None
            file = parse(text)
            _require_week(file, here)
            return plan_of_file(here.at, _schedule(file, standing, session.now), standing, own)
        reading = _reading(ending, text, here, session.now)
    except NotUnderstood as error:
        return Plan(here.at, wrong=(Told(0, name[:60], error.sentence),))
    except ScheduleFileError as error:
        return Plan(here.at, wrong=(Told(0, name[:60], Sentence("%(why)s", {"why": error})),))
    plan = plan_of_rows(here.at, reading, here.hours, own)
    return plan if note is None else _noted(plan, note)


def _reading(ending: str, text: str, here: Standing, now: datetime) -> Reading:
    zone = here.branch.wall if here.branch else HOME_ZONE
    today = now.astimezone(zone).date()
    if ending == "ics":
        return read_ical(text, today, zone)
    if ending in _ENDINGS:
        return read_csv(text, today)
    raise NotUnderstood(
        N_("The file's name ends with “%(ending)s”; what can be read ends with %(known)s"),
        ending=ending[:20],
        known=", ".join(_ENDINGS),
    )


def _require_week(file: ScheduleFile, here: Standing) -> None:
    # A file of exceptions alone would set the branch's week to that of one that has said nothing.
    if here.branch is not None and "weekly" not in file.model_fields_set:
        raise ScheduleFileError("weekly is missing; write the branch's week, or export it and change that file")


def _schedule(file: ScheduleFile, standing: Schedule | None, now: datetime) -> Schedule:
    if file.country is None:
        return schedule_from_file(file)
    try:
        require_holidays(file, keys_of(file.country))
    except ValueError as error:
        raise ScheduleFileError(str(error)) from error
    # As far as the server knows them itself: it keeps them, and only whether they differ is asked.
    days = [holiday.day for holiday in standing.holidays] if standing else []
    first, last = min(days, default=now.date()), max(days, default=now.date())
    return schedule_from_file(file, resolve(file.country, first, last))


def _noted(plan: Plan, note: Sentence) -> Plan:
    return replace(plan, notes=(Told(0, "", note), *plan.notes))
