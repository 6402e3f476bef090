"""How a branch is doing at this moment, as staff see it: state, door, devices, and what needs a person."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Texts
from meroppet.rules.hours import Hours
from meroppet.rules.pin import DoorMode
from meroppet.wire.enrolment import DeviceKind
from server.attempts.doors import troubled
from server.db import Session
from server.devices.clones import cloned
from server.devices.service import DeviceView, Health, devices_of
from server.devices.troubles import Troubled, troubles
from server.journal.service import gaps, open_alarms, parked
from server.organisations.service import BranchView
from server.policies.service import policy_of
from server.schedules.service import schedule_of

HOURS_END_WITHIN = timedelta(days=14)
"""A device that hears us knows its hours for more than a year: one whose hours end soon has long been deaf."""


class Need(StrEnum):
    """Why a person should look."""

    ALARM = "alarm"
    GUESSES = "guesses"
    GUESSED_OFF = "guessed_off"
    SILENT = "silent"
    NEVER_HEARD = "never_heard"
    TROUBLED = "troubled"
    CLONED = "cloned"
    PARKED = "parked"
    GAP = "gap"
    HOURS_END = "hours_end"
    NO_HOURS = "no_hours"
    NO_POLICY = "no_policy"


@dataclass(frozen=True, slots=True)
class Needed:
    """One thing that needs a person. `what` is an event kind, a device's name or a count; `at` is local.

    `day`: the last one of which a device knows the hours. `device`: the id of the one it is about, where it is one.
    `trouble`: what is wrong with it, where it said so itself.
    """

    need: Need
    what: str = ""
    at: datetime | None = None
    day: date | None = None
    device: str = ""
    trouble: Troubled | None = None


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """A device and how it is. `heard` is local; `lock`: locked, unlocked, open, unknown, or empty for a kiosk.

    `health` is its own word, None before the first; `started` is local.
    """

    id: str
    name: str
    kind: DeviceKind
    heard: datetime | None
    is_silent: bool
    lock: str
    version: str
    unsent: int
    change: int
    health: Health | None
    started: datetime | None


@dataclass(frozen=True, slots=True)
class BranchNow:
    """A branch at a moment; times are on its wall clock. `state` None: it has no hours yet.

    `reasons`: what the public is told where something else than the ordinary week made it so.
    """

    branch: BranchView
    now: datetime
    state: BranchState | None
    reasons: Texts
    until: datetime | None
    then: BranchState | None
    devices: tuple[DeviceNow, ...]
    needs: tuple[Needed, ...]

    @property
    def doors(self) -> tuple[DeviceNow, ...]:
        """The doors among the devices."""
        return tuple(device for device in self.devices if device.kind is DeviceKind.DOOR)

    def needs_of(self, device: str) -> tuple[Needed, ...]:
        """What needs a person at one of the devices."""
        return tuple(need for need in self.needs if need.device == device)


async def branch_now(session: Session, branch: BranchView) -> BranchNow:
    """How the branch is doing at the session's time."""
    view = await schedule_of(session, branch.id)
    return await branch_with(session, branch, view.hours if view else None)


async def branch_with(session: Session, branch: BranchView, hours: Hours | None) -> BranchNow:
    """The same, for whoever has the hours of many branches already."""
    now = session.now.astimezone(branch.wall)
    devices = [view for view in await devices_of(session, branch.id) if view.revoked_at is None]
    answer = hours.state_at(now) if hours else None
    change = hours.next_change(now) if hours else None
    return BranchNow(
        branch=branch,
        now=now,
        state=answer.state if answer else None,
        reasons=answer.rule.reasons if answer else (),
        until=change.start.astimezone(branch.wall) if change else None,
        then=change.state if change else None,
        devices=tuple(_device(view, branch, now) for view in devices),
        needs=(
            *await _guessed(session, branch, devices),
            *await _reported(session, branch),
            *[Needed(Need.CLONED, view.name) for view in await cloned(session, branch.id)],
            *_seen(devices, branch, now),
            # A branch that has no devices yet is on its way; nobody stands outside it.
            *(await _missing(session, branch, hours) if devices else []),
        ),
    )


def _device(view: DeviceView, branch: BranchView, now: datetime) -> DeviceNow:
    health = view.health
    return DeviceNow(
        id=view.id,
        name=view.name,
        kind=view.kind,
        heard=health.at.astimezone(branch.wall) if health else None,
        is_silent=view.is_silent(now),
        lock=_lock(view),
        version=health.version if health else "",
        unsent=health.unsent if health else 0,
        change=health.change if health else 0,
        health=health,
        started=health.started_at.astimezone(branch.wall) if health and health.started_at else None,
    )


def _lock(view: DeviceView) -> str:
    health = view.health
    if view.kind is not DeviceKind.DOOR:
        return ""
    if health is None or health.locked is None:
        return "unknown"
    if health.door == "open":
        return "open"
    return "locked" if health.locked else "unlocked"


async def _guessed(session: Session, branch: BranchView, devices: list[DeviceView]) -> list[Needed]:
    named = {view.id: view.name for view in devices}
    return [
        Needed(
            Need.GUESSED_OFF if door.mode is DoorMode.OFF else Need.GUESSES,
            named.get(door.device, door.device),
            door.since.astimezone(branch.wall),
            device=door.device,
        )
        for door in await troubled(session, branch.id)
    ]


async def _reported(session: Session, branch: BranchView) -> list[Needed]:
    alarms = await open_alarms(session, branch.id)
    aside, missing = await parked(session, branch.id), await gaps(session, branch.id)
    return [
        *(Needed(Need.ALARM, alarm.kind, alarm.at.astimezone(branch.wall), device=alarm.device) for alarm in alarms),
        *([Needed(Need.PARKED, str(len(aside)))] if aside else []),
        *([Needed(Need.GAP, str(sum(gap.last - gap.first + 1 for gap in missing)))] if missing else []),
    ]


def _seen(devices: list[DeviceView], branch: BranchView, now: datetime) -> list[Needed]:
    found = []
    for view in devices:
        health = view.health
        if health is None:
            found.append(Needed(Need.NEVER_HEARD, view.name, device=view.id))
        elif view.is_silent(now):
            found.append(Needed(Need.SILENT, view.name, health.at.astimezone(branch.wall), device=view.id))
        else:
            wrong = troubles(health, has_lock=view.kind is DeviceKind.DOOR)
            found += [Needed(Need.TROUBLED, view.name, device=view.id, trouble=each) for each in wrong]
        until = health.hours_until if health else None
        if until is not None and until <= now.date() + HOURS_END_WITHIN:
            found.append(Needed(Need.HOURS_END, view.name, day=until, device=view.id))
    return found


async def _missing(session: Session, branch: BranchView, hours: Hours | None) -> list[Needed]:
    policy = await policy_of(session, branch.id)
    return [*([] if hours else [Needed(Need.NO_HOURS)]), *([] if policy else [Needed(Need.NO_POLICY)])]
