"""What an import will do, worked out before anything is written, and doing it: from a file's schedule or its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import ExceptionDay, Level, OtherHours, ScheduleException
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import Schedule
from meroppet.texts.patron import N_
from meroppet.wire.schedule_convert import in_order, pattern_to_wire
from server.db import Session
from server.organisations.service import BranchView
from server.schedules.exceptions import put_exception, remove_exception
from server.schedules.import_rows import Reading, Row, Told
from server.schedules.pieces import pieces
from server.schedules.sentences import Sentence
from server.schedules.service import set_pattern
from server.schedules.targets import Target

_DAY = timedelta(days=1)
_SERVICE = frozenset({BranchState.STAFFED, BranchState.SELF_SERVICE})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written at a place. Where anything is `wrong`, nothing may be.

    `pattern` None: the branch's own pattern stays. `changed` are exceptions as they are now, for the days they leave.
    """

    at: Target
    pattern: Schedule | None = None
    put: tuple[ScheduleException, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[ScheduleException, ...] = ()
    wrong: tuple[Told, ...] = ()
    notes: tuple[Told, ...] = ()

    @property
    def is_idle(self) -> bool:
        """Whether it would change nothing."""
        return self.pattern is None and not self.put and not self.removed

    def applied(self, schedule: Schedule) -> Schedule:
        """A branch's schedule as it would be."""
        mine = {*self.removed, *(exception.id for exception in self.put)}
        others = [own for own in schedule.exceptions if own.level is not self.at.level or own.id not in mine]
        exceptions = in_order([*others, *(replace(own, level=self.at.level) for own in self.put)])
        if self.pattern is None:
            return replace(schedule, exceptions=exceptions)
        return replace(
            self.pattern,
            exceptions=exceptions,
            orders=schedule.orders,
            holidays=schedule.holidays,
            known_until=schedule.known_until,
        )


def plan_of_file(at: Target, file: Schedule, standing: Schedule | None, own: Sequence[ScheduleException]) -> Plan:
    """The branch's own pattern and the exceptions of this level become what the file says; the rest is compared.

    `own` is what was decided at the place itself, `standing` a branch's whole schedule (None: none, or no branch).
    """
    known = {exception.id: exception for exception in own}
    said = [exception for exception in file.exceptions if exception.level is at.level]
    new = [_dated(exception, known.get(exception.id)) for exception in said]
    put = tuple(exception for exception in new if known.get(exception.id) != exception)
    removed = tuple(name for name in known if name not in {exception.id for exception in new})
    pattern = _pattern(file, standing) if at.level is Level.BRANCH else None
    changed = tuple(known[name] for name in (*removed, *(each.id for each in put)) if name in known)
    return Plan(
        at, pattern, put, removed, changed, _other_zone(at, file, standing), tuple(_differences(file, standing))
    )


def _dated(exception: ScheduleException, before: ScheduleException | None) -> ScheduleException:
    # A file need not say when something was decided; saying the same again is no new decision.
    if exception.decided_at is not None or before is None:
        return exception
    same = replace(exception, decided_at=before.decided_at)
    return same if same == before else exception


def _pattern(file: Schedule, standing: Schedule | None) -> Schedule | None:
    if standing is not None and pattern_to_wire(standing) == pattern_to_wire(file):
        return None
    return file


def _other_zone(at: Target, file: Schedule, standing: Schedule | None) -> tuple[Told, ...]:
    if at.level is not Level.BRANCH or standing is None or standing.zone == file.zone:
        return ()
    says = N_("The file's zone is %(zone)s and the branch's is %(own)s; correct the zone in the file")
    return (Told(0, "", Sentence(says, {"zone": file.zone, "own": standing.zone})),)


def _differences(file: Schedule, standing: Schedule | None) -> Iterable[Told]:
    """What the file says of wider levels, orders and holidays, and does not hold here: told, never written."""
    if standing is None:
        return
    here = {(own.level, own.id): own for own in standing.exceptions if own.level is not Level.BRANCH}
    there = {(own.level, own.id): own for own in file.exceptions if own.level is not Level.BRANCH}
    for level, name in sorted(here.keys() | there.keys()):
        if here.get((level, name)) != there.get((level, name)):
            yield _told(
                N_("exception:%(level)s:%(name)s is not the same here; it is decided on its level and left as it is"),
                level=level.value,
                name=name,
            )
    if set(file.orders) != set(standing.orders):
        yield _told(N_("The orders are not the same here; a file gives none and takes none back"))
    days = {holiday.day for holiday in file.holidays}
    if days and {own for own in standing.holidays if min(days) <= own.day <= max(days)} != set(file.holidays):
        yield _told(N_("The holidays are not the same here; the server keeps them itself"))


def _told(says: str, **values: object) -> Told:
    return Told(0, "", Sentence(says, values))


def plan_of_rows(at: Target, reading: Reading, hours: Hours | None, own: Sequence[ScheduleException]) -> Plan:
    """Each row an exception of the place, in place of the one with its id; no other is touched."""
    known = {exception.id: exception for exception in own}
    wrong = list(reading.wrong)
    usual = _usual(hours, {_id(at, row) for row in reading.rows})
    put: list[ScheduleException] = []
    for row in reading.rows:
        days = _days(row, usual)
        if isinstance(days, Told):
            wrong.append(days)
            continue
        new = ScheduleException(id=_id(at, row), level=at.level, days=days, title=row.title, reasons=row.reasons)
        new = _dated(new, known.get(new.id))
        if new != known.get(new.id):
            put.append(new)
    changed = tuple(known[exception.id] for exception in put if exception.id in known)
    ordered = tuple(sorted(wrong, key=lambda told: told.line))
    return Plan(at, None, tuple(put), (), changed, ordered, reading.notes)


def _id(at: Target, row: Row) -> str:
    # Each level has ids of its own, or a list of the consortium would be refused where a branch has one.
    return row.id if at.level is Level.BRANCH else f"{at.level.value}-{row.id}"


def _usual(hours: Hours | None, without: set[str]) -> Hours | None:
    """The hours that these days have apart from this import, so that doing it twice means the same."""
    if hours is None:
        return None
    kept = tuple(own for own in hours.schedule.exceptions if own.level is not Level.BRANCH or own.id not in without)
    return Hours(replace(hours.schedule, exceptions=kept, orders=()))


def _days(row: Row, usual: Hours | None) -> tuple[ExceptionDay, ...] | Told:
    if not row.only_alone:
        return row.exception_days()
    if usual is None:
        says = N_("Which hours remain without staff is known of one branch with hours only; write them: meröppet 8-20")
        return Told(row.line, "", Sentence(says))
    found: list[ExceptionDay] = []
    for day in (first + timedelta(days=more) for first, last in row.days for more in range((last - first).days + 1)):
        alone = _alone(usual, day)
        if not alone:
            says = N_("%(day)s is closed anyway; write the hours, such as meröppet 8-20, or take the line out")
            return Told(row.line, "", Sentence(says, {"day": day.isoformat()}))
        contents = (OtherHours(alone),)
        if found and found[-1].contents == contents and found[-1].last == day - _DAY:
            found[-1] = replace(found[-1], last=day)
        else:
            found.append(ExceptionDay(first=day, last=day, contents=contents))
    return tuple(found)


def _alone(usual: Hours, day: date) -> tuple[Interval, ...]:
    """The day's staffed and self-service hours together, those over midnight too, without staff."""
    start = datetime.combine(day, time(), tzinfo=usual.zone).astimezone(UTC)
    end = datetime.combine(day + _DAY, time(), tzinfo=usual.zone).astimezone(UTC)
    found = []
    for piece in pieces(usual, start, end, lambda span: span.state in _SERVICE):
        local, until = piece.start.astimezone(usual.zone), piece.end.astimezone(usual.zone)
        if piece.span.state in _SERVICE and local.date() == day:
            last = until.hour * 60 + until.minute + (until.date() - day).days * 24 * 60
            found.append(Interval(local.hour * 60 + local.minute, last, BranchState.SELF_SERVICE))
    return tuple(found)


async def apply(session: Session, plan: Plan, branch: BranchView | None, by: str, why: str) -> None:
    """Write what the plan says; nothing where anything is wrong. Raises ScheduleRefusal."""
    if plan.wrong:
        raise ValueError("nothing of a file may be written in which something is wrong")
    if plan.pattern is not None and branch is not None:
        await set_pattern(session, branch, plan.pattern, by, why=why)
    for exception in plan.put:
        await put_exception(session, plan.at, exception, by, why=why)
    for name in plan.removed:
        await remove_exception(session, plan.at, name, by, why=why)
