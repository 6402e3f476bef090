import inspect
from dataclasses import fields
from enum import Enum
from typing import get_type_hints

import pytest

from meroppet.rules import events
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.events import KINDS, AccessRefused, Event, KioskEnded
from meroppet.rules.reasons import LOOKS_THE_SAME, Reason

WHITELIST = {
    "access.granted": {"attempt", "checked"},
    "access.refused": {"attempt", "reason", "checked"},
    "door.released": {"lease", "cause", "lock"},
    "door.release_failed": {"lease", "cause", "lock", "why"},
    "door.opened": {"lock"},
    "door.shut": {"lock"},
    "door.forced": {"lock"},
    "door.held": {"seconds", "lock"},
    "door.exit": set(),
    "branch.state": {"state"},
    "device.started": {"version", "locked"},
    "device.stopped": set(),
    "link.lost": set(),
    "link.restored": {"seconds"},
    "reader.lost": {"port"},
    "reader.found": {"port"},
    "order.answered": {"order", "action", "done", "reason"},
    "kiosk.identified": {"session", "reason"},
    "kiosk.loan": {"session", "outcome"},
    "kiosk.return": {"session", "outcome"},
    "kiosk.ended": {"session", "how", "loans", "returns"},
    "door.held_soon": {"seconds", "lock"},
    "door.open_locked": {"seconds", "lock"},
    "door.unbonded": {"lock"},
    "door.tampered": {"part"},
    "door.tamper_ended": {"part"},
    "door.exit_stuck": {"seconds"},
    "hold.ended": {"why", "lock"},
    "passage.counted": {"direction"},
    "fire.began": set(),
    "fire.ended": set(),
    "fire.reset": {"by"},
    "alarm.armed": set(),
    "alarm.disarmed": set(),
    "alarm.intrusion": set(),
    "alarm.arm_requested": {"at"},
    "alarm.arm_refused": {"why"},
    "alarm.raised": {"alarm"},
    "alarm.acknowledged": {"alarm", "by"},
    "alarm.cleared": {"alarm"},
    "relay.switched": {"relay", "on", "why"},
    "closing.step": {"step", "at", "minutes", "outcome", "inside", "order"},
    "journal.began": {"previous", "through", "why"},
    "journal.failed": {"why", "seconds"},
    "clock.changed": {"trust", "ahead"},
    "controller.crashed": {"times", "seconds"},
    "config.rolled_back": {"why"},
    "door.quiet": {"hours"},
}
"""What a journal may hold, and nothing else: a name, a card number, a PIN or a title has no field to stand in."""


def test_every_event_has_a_kind_of_its_own_and_stands_in_the_table() -> None:
    found = {
        event for _, event in inspect.getmembers(events, inspect.isclass) if issubclass(event, Event) and event != Event
    }

    assert set(KINDS.values()) == found
    assert len(KINDS) == len(found)
    assert all(event.kind == kind for kind, event in KINDS.items())


def test_an_event_says_only_what_is_on_the_list() -> None:
    assert {kind: {field.name for field in fields(event)} for kind, event in KINDS.items()} == WHITELIST


@pytest.mark.parametrize("event", KINDS.values(), ids=lambda event: event.kind)
def test_every_field_is_a_scalar(event: type[Event]) -> None:
    hints = get_type_hints(event)

    for field in fields(event):
        assert hints[field.name] in {str, int, float, bool, bool | None, int | None, float | None, Reason}
        assert hints[field.name] not in {CardNumber, Pin}


def test_a_detail_holds_codes_and_numbers() -> None:
    refused = AccessRefused("t1", Reason.WRONG_PIN).detail()

    assert refused == {"attempt": "t1", "reason": "wrong_pin", "checked": "ils"}
    assert not isinstance(refused["reason"], Enum)
    assert KioskEnded("s1", "finished", 2, 0).detail() == {"session": "s1", "how": "finished", "loans": 2, "returns": 0}


def test_reasons_are_stored_as_they_are_named() -> None:
    assert all(reason.value == reason.name.lower() for reason in Reason)
    assert {Reason.UNKNOWN_CARD, Reason.UNKNOWN_CODE, Reason.WRONG_PIN, Reason.PIN_NOT_VERIFIED} == LOOKS_THE_SAME
