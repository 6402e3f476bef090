"""A branch's closing as staff see it. The plan is the hours' (server.schedules); the doors carry it out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from meroppet.rules.closing import Step, StepKind, closing_plan
from meroppet.rules.hours import Hours
from meroppet.wire.commands import Action
from meroppet.wire.enrolment import DeviceKind
from server.db import Session
from server.devices.orders import OrderView, order, orders_of
from server.devices.service import DeviceView, devices_of
from server.journal.service import EventView, recent
from server.schedules.service import schedule_of

AHEAD = BACK = timedelta(hours=24)
STEP = "closing.step"
SHOWN = 20
LEAVABLE = (
    StepKind.ANNOUNCE,
    StepKind.LIGHTS_OFF,
    StepKind.REQUEST_ALARM,
    StepKind.ANNOUNCE_EMPTYING,
    StepKind.EMPTY,
)
"""What staff can leave out. When nobody new is let in, and when the branch closes, is a matter of its hours."""


@dataclass(frozen=True, slots=True)
class Left:
    """One door was told to leave a kind of step out; `done` None: it has not answered yet."""

    door: str
    kind: StepKind
    at: datetime
    done: bool | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A step a door has told of, and what became of it."""

    door: str
    at: datetime
    step: Step
    outcome: str
    inside: int | None


@dataclass(frozen=True, slots=True)
class Tonight:
    """What comes within a day, what was done within the last, and what is left out. Times are on the branch's clock."""

    steps: tuple[Step, ...]
    taken: tuple[Taken, ...]
    left: tuple[Left, ...]
    has_doors: bool

    @property
    def can_be_left_out(self) -> tuple[StepKind, ...]:
        """The kinds that come and are not left out yet."""
        known = {left.kind for left in self.left if left.done is not False}
        coming = {step.kind for step in self.steps}
        return tuple(kind for kind in LEAVABLE if kind in coming - known)


async def tonight(session: Session, branch_id: str) -> Tonight:
    """The closing that comes, or goes on; nothing planned where the branch has no hours yet."""
    view, doors = await schedule_of(session, branch_id), await _doors(session, branch_id)
    hours = view.hours if view is not None else None
    names = {door.id: door.name for door in doors}
    told = await recent(session, branch_id, SHOWN, (STEP,))
    taken = [_taken(event, names, hours) for event in told if event.at > session.now - BACK]
    left = [left for door in doors for left in _left(door, await orders_of(session, door.id), session.now)]
    return Tonight(
        steps=_planned(hours, session.now),
        taken=tuple(each for each in taken if each is not None),
        left=tuple(left),
        has_doors=bool(doors),
    )


async def leave_out(session: Session, branch_id: str, kind: StepKind, by: str) -> list[str]:
    """Tell every door of the branch to leave a kind of step out of the coming closing; the orders' ids."""
    doors = await _doors(session, branch_id)
    return [(await order(session, door, Action.LEAVE_OUT, by, step=kind.value)).order for door in doors]


async def _doors(session: Session, branch_id: str) -> list[DeviceView]:
    found = await devices_of(session, branch_id)
    return [device for device in found if device.kind is DeviceKind.DOOR and device.revoked_at is None]


def _planned(hours: Hours | None, now: datetime) -> tuple[Step, ...]:
    if hours is None:
        return ()
    return tuple(_local(step, hours) for step in closing_plan(hours, now, now + AHEAD))


def _local(step: Step, hours: Hours | None) -> Step:
    return step if hours is None else Step(step.at.astimezone(hours.zone), step.kind, step.minutes)


def _taken(event: EventView, names: dict[str, str], hours: Hours | None) -> Taken | None:
    """What a row tells; None for one of a newer device that this server does not understand."""
    try:
        kind, at = StepKind(str(event.detail["step"])), datetime.fromisoformat(str(event.detail["at"]))
        step = Step(at, kind, int(str(event.detail["minutes"])))
    except (KeyError, ValueError):
        return None
    inside = event.detail.get("inside")
    counted = inside if isinstance(inside, int) else None
    door = names.get(event.device, event.device)
    return Taken(door, event.at, _local(step, hours), str(event.detail.get("outcome", "")), counted)


def _left(door: DeviceView, given: Iterable[OrderView], now: datetime) -> list[Left]:
    found = []
    for view in given:
        kind = next((kind for kind in LEAVABLE if kind.value == view.step), None)
        if view.action is Action.LEAVE_OUT and kind is not None and view.at > now - BACK:
            is_late = view.done is None and view.expires < now
            found.append(Left(door.name, kind, view.at, view.done, is_late))
    return found
