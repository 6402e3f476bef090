"""Staff read of each event what it was and, where something was not done, why."""

from datetime import UTC, date, datetime, timedelta

import pytest

from meroppet.rules.events import Scalar
from server.journal.service import EventView
from server.organisations.service import BranchView
from server.web.events import EventLine, event_lines

AT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
NORA = BranchView(
    id="nora",
    name="Nora bibliotek",
    consortium="north",
    controller="nora-kommun",
    zone="Europe/Stockholm",
    help_number="0587-810 00",
    live_from=date(2016, 1, 1),
    accent="",
)


def line(kind: str, detail: dict[str, Scalar] | None = None, late: float = 0.0) -> EventLine:
    event = EventView("door-1", "e", 1, AT, AT + timedelta(seconds=late), "signed", kind, detail or {})
    return event_lines([event], NORA, {"door-1": "Entrén"}, "sv")[0]


@pytest.mark.parametrize(
    ("kind", "detail", "look", "code"),
    [
        ("access.granted", {}, "good", ""),
        ("access.refused", {"reason": "no_permission"}, "wait", "no_permission"),
        ("kiosk.identified", {"reason": "granted"}, "good", ""),
        ("kiosk.identified", {"reason": "wrong_pin"}, "wait", "wrong_pin"),
        ("kiosk.loan", {"outcome": "done"}, "plain", ""),
        ("kiosk.loan", {"outcome": "reserved_by_other"}, "wait", "reserved_by_other"),
        ("kiosk.return", {"outcome": "uncertain"}, "wait", "uncertain"),
        ("door.forced", {}, "bad", ""),
    ],
)
def test_what_was_not_done_stands_out_and_says_why(kind: str, detail: dict[str, Scalar], look: str, code: str) -> None:
    told = line(kind, detail)

    assert (told.look, told.code) == (look, code)
    assert bool(told.why) == bool(code)


def test_a_change_of_state_says_to_what() -> None:
    assert line("branch.state", {"state": "self_service"}).why == "Från nu: meröppet."


def test_times_are_the_branchs_own_and_what_came_late_is_marked() -> None:
    assert line("door.shut").at.hour == 19
    assert not line("door.shut").is_late
    assert line("door.shut", late=61.0).is_late
