"""What the quick actions' page shows of a branch at this moment: what can be done, and who else has closed it."""

from dataclasses import dataclass
from datetime import datetime

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Level, Texts
from meroppet.rules.provenance import RuleKind
from meroppet.wire.enrolment import DeviceKind
from server.db import Session
from server.devices.service import devices_of
from server.organisations.service import BranchView
from server.schedules.exceptions import exceptions_over
from server.schedules.orders import orders_over
from server.schedules.quick_choices import Quick, closed_from_above, possible
from server.schedules.quick_effects import closes, extended_by, moment_of
from server.schedules.service import ScheduleView, schedule_of
from server.staff.service import SERVER, names

LONGER = (30, 60)
"""Minutes offered beside a time of one's own."""


@dataclass(frozen=True, slots=True)
class Closer:
    """Somebody wider than the branch who keeps it closed. `at` is local; `why` is what the public is told."""

    level: Level
    where: str
    who: str
    at: datetime
    why: Texts
    now: datetime


@dataclass(frozen=True, slots=True)
class QuickNow:
    """What can be done now. `longer`: minutes and the closing they would make; times are local."""

    state: BranchState | None
    offers: tuple[Quick, ...] = ()
    closer: Closer | None = None
    closes: datetime | None = None
    longer: tuple[tuple[int, datetime], ...] = ()


async def quick_now(session: Session, branch: BranchView) -> QuickNow:
    """What can be done at the branch at the session's time; nothing where it has no hours yet."""
    view = await schedule_of(session, branch.id)
    if view is None:
        return QuickNow(None)
    hours, now = view.hours, session.now
    offers = possible(hours, now)
    ends = closes(hours, now)
    longer = [(more, moment_of(hours, now, extended_by(hours, now, more))) for more in LONGER]
    return QuickNow(
        state=hours.state_at(now).state,
        offers=offers,
        closer=await _closer(session, branch, view),
        closes=ends,
        longer=tuple(longer) if Quick.EXTEND in offers else (),
    )


async def _closer(session: Session, branch: BranchView, view: ScheduleView) -> Closer | None:
    rule = closed_from_above(view.hours, session.now)
    if rule is None:
        return None
    if rule.kind is RuleKind.ORDER:
        found = [
            (given.target, given.by, given.at) for given in await orders_over(session, branch) if given.id == rule.id
        ]
    else:
        decided = await exceptions_over(session, branch)
        found = [(given.target, given.by, given.at) for given in decided if given.id == rule.id]
    if not found:
        return None
    target, by, at = found[0]
    async with session.within(SERVER):
        who = (await names(session, [by]))[by]
    return Closer(
        rule.level, target.name, who, at.astimezone(branch.wall), rule.reasons, session.now.astimezone(branch.wall)
    )


async def doors_of(session: Session, branch: BranchView) -> int:
    """How many doors the branch has."""
    known = await devices_of(session, branch.id)
    return sum(1 for view in known if view.kind is DeviceKind.DOOR and view.revoked_at is None)
