"""Looks at every branch whether it is odd that nobody comes, and lets staff know once for each such time."""

from meroppet.rules.branch import BranchState
from meroppet.rules.house_events import DoorQuiet
from meroppet.wire.enrolment import DeviceKind
from server.db import Session
from server.devices.service import DeviceView, devices_of
from server.journal.raising import raise_alarm
from server.organisations.service import BranchView, branches
from server.schedules.service import schedule_of
from server.visits.quiet import WEEK, Quiet, quiet
from server.visits.service import moments


async def notice(session: Session) -> None:
    """Raise an alarm at each branch where it is too quiet; needs a session that sees them all."""
    for branch in await branches(session):
        doors = [view for view in await devices_of(session, branch.id) if _has_told(view, session)]
        found = await _quiet(session, branch) if doors else None
        if found is not None:
            hours = round((session.now - found.since).total_seconds() / 3600, 1)
            await raise_alarm(session, doors[0], DoorQuiet(hours), number=int(found.since.timestamp()))


def _has_told(view: DeviceView, session: Session) -> bool:
    """Whether it is a door of which everything is known: of one that is cut off nobody knows who came."""
    is_there = view.kind is DeviceKind.DOOR and view.revoked_at is None and not view.is_silent(session.now)
    return is_there and view.health is not None and view.health.unsent == 0


async def _quiet(session: Session, branch: BranchView) -> Quiet | None:
    view = await schedule_of(session, branch.id)
    if view is None:
        return None
    hours = view.hours
    came = await moments(session, branch.id, session.now - 2 * WEEK)
    # In staffed hours the door stands open, and nobody shows a card.
    return quiet(came, session.now, lambda at: hours.state_at(at).state is BranchState.SELF_SERVICE)
