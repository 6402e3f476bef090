"""Lights and relays: by the hours, by the closing, by who is there; and nobody is left in the dark."""

from typing import Any

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.entry import Record
from meroppet.rules.house_events import RelaySwitched
from meroppet.rules.relays import LINGER_SECONDS, Group, Seen, Switch, due, step, wanted

NOW = 1000.0
SELF, CLOSED, STAFFED = BranchState.SELF_SERVICE, BranchState.CLOSED, BranchState.STAFFED


@pytest.mark.parametrize(
    ("group", "seen", "on"),
    [
        (Group.OPEN, {"state": SELF}, (True, "hours")),
        (Group.OPEN, {"state": CLOSED}, (False, "hours")),
        (Group.OPEN, {"state": None}, (False, "hours")),
        (Group.SELF_SERVICE, {"state": SELF}, (True, "hours")),
        (Group.SELF_SERVICE, {"state": STAFFED}, (False, "hours")),
        (Group.LIGHTS, {"state": SELF, "lights": False}, (True, "hours")),
        (Group.LIGHTS, {"state": CLOSED}, (True, "closing")),
        (Group.LIGHTS, {"state": CLOSED, "lights": False}, (False, "closing")),
        (Group.LIGHTS, {"state": CLOSED, "lights": False, "moved_at": NOW - 299}, (True, "presence")),
        (Group.LIGHTS, {"state": CLOSED, "lights": False, "moved_at": NOW - 300}, (False, "closing")),
        (Group.LIGHTS, {"state": CLOSED, "lights": False, "fire": True}, (True, "fire")),
        (Group.PRESENCE, {"state": CLOSED, "moved_at": NOW}, (True, "presence")),
        (Group.PRESENCE, {"state": CLOSED}, (False, "presence")),
        (Group.PRESENCE, {"state": CLOSED, "fire": True}, (True, "fire")),
        (Group.CLOSING, {"state": SELF, "is_closing": True}, (True, "closing")),
        (Group.CLOSING, {"state": CLOSED, "is_closing": True}, (False, "closing")),
        (Group.CLOSING, {"state": SELF}, (False, "closing")),
        (Group.ALARM, {"state": SELF, "wants_a_person": True}, (True, "alarm")),
        (Group.ALARM, {"state": SELF}, (False, "alarm")),
    ],
)
def test_a_group_says_when_its_relays_are_on(group: Group, seen: dict[str, Any], on: tuple[bool, str]) -> None:
    assert wanted(group, Seen(**seen), NOW) == on


def test_a_relay_is_switched_when_it_changes_or_is_not_known_and_told_each_time() -> None:
    groups = {"hall": Group.LIGHTS, "cameras": Group.SELF_SERVICE}

    on, effects = step({}, groups, Seen(state=SELF), NOW)
    assert on == {"hall": True, "cameras": True}
    assert effects == (
        Switch("hall", is_on=True),
        Record(RelaySwitched("hall", on=True, why="hours")),
        Switch("cameras", is_on=True),
        Record(RelaySwitched("cameras", on=True, why="hours")),
    )
    assert step(on, groups, Seen(state=SELF), NOW) == (on, ())

    off, effects = step(on, groups, Seen(state=CLOSED), NOW)
    assert off == {"hall": True, "cameras": False}
    assert Switch("cameras", is_on=False) in effects


def test_it_is_looked_again_when_nobody_is_taken_to_be_there_any_more() -> None:
    assert due(Seen(state=CLOSED, moved_at=NOW), NOW) == NOW + LINGER_SECONDS
    assert due(Seen(state=CLOSED, moved_at=NOW - LINGER_SECONDS), NOW) is None
    assert due(Seen(state=CLOSED), NOW) is None
