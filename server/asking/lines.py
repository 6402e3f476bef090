"""A verdict as staff read it: one line a rule, with days as days, and when each door was last heard. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.asking.service import Told
from server.devices.service import DeviceView
from server.organisations.service import BranchView

DAYS = frozenset({"expires", "valid_until", "suspended_until", "terms_until"})
"""Names of facts that are days, which the rules say as ISO 8601."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: what it looked at, and where it says no, the code of that. `decides`: it is the first that does."""

    rule: str
    code: str
    facts: Mapping[str, str | int | bool | date | None]
    as_of: datetime | None
    decides: bool

    @property
    def look(self) -> str:
        """How the line is marked."""
        if not self.code:
            return "good"
        return "bad" if self.decides else "wait"


@dataclass(frozen=True, slots=True)
class DoorLine:
    """A door and when it was last heard, by the branch's clock: what it knows is as old as that."""

    name: str
    heard: datetime


def rule_lines(told: Told) -> list[RuleLine]:
    """The rules in the order in which they are asked."""
    return [
        RuleLine(
            rule=finding.rule,
            code=finding.reason.value if finding.reason is not None else "",
            facts={name: _meant(name, value) for name, value in finding.facts.items()},
            as_of=finding.as_of,
            decides=finding is told.decided_by,
        )
        for finding in told.findings
    ]


def door_lines(devices: Sequence[DeviceView], branch: BranchView) -> list[DoorLine]:
    """The doors that have ever been heard, by name."""
    heard = [(one.name, one.health.at) for one in devices if one.kind == "door" and one.health and not one.revoked_at]
    return [DoorLine(name, at.astimezone(branch.wall)) for name, at in sorted(heard)]


def _meant(name: str, value: str | int | bool | None) -> str | int | bool | date | None:
    return date.fromisoformat(value) if name in DAYS and isinstance(value, str) else value
