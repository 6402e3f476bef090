"""Journal events as lines staff can read: when, what, why, and the code beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meroppet.texts import kind_text, outcome_text, reason_text, state_text
from server.journal.service import EventView
from server.organisations.service import BranchView

_LOOKS = {
    "access.granted": "good",
    "access.refused": "wait",
    "door.forced": "bad",
    "door.held": "bad",
    "door.release_failed": "bad",
    "link.lost": "wait",
    "reader.lost": "wait",
}


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event. `at` is local; `why` and `code` are empty where nothing was decided."""

    at: datetime
    what: str
    why: str
    code: str
    look: str
    device: str
    is_late: bool


LATE_SECONDS = 60.0


def event_lines(
    events: Sequence[EventView], branch: BranchView, devices: Mapping[str, str], lang: str
) -> list[EventLine]:
    """The events in the order given, in words."""
    return [_line(event, branch, devices, lang) for event in events]


def _line(event: EventView, branch: BranchView, devices: Mapping[str, str], lang: str) -> EventLine:
    why, code = _told(event, lang)
    return EventLine(
        at=event.at.astimezone(branch.wall),
        what=kind_text(event.kind, lang),
        why=why,
        code=code,
        look=_look(event.kind, code),
        device=devices.get(event.device, event.device),
        # Sent when the line was back: staff who look now should not take it for something that happens now.
        is_late=(event.received_at - event.at).total_seconds() > LATE_SECONDS,
    )


def _told(event: EventView, lang: str) -> tuple[str, str]:
    """Why it ended so and the code of that; what went well needs neither."""
    if event.kind == "branch.state":
        return state_text(str(event.detail.get("state")), lang), ""
    reason, outcome = str(event.detail.get("reason") or ""), str(event.detail.get("outcome") or "")
    if reason and reason != "granted":
        return reason_text(reason, lang), reason
    if outcome and outcome != "done":
        return outcome_text(outcome, lang), outcome
    return "", ""


def _look(kind: str, code: str) -> str:
    if kind == "kiosk.identified":
        return "wait" if code else "good"
    if kind in {"kiosk.loan", "kiosk.return"} and code:
        return "wait"
    return _LOOKS.get(kind, "plain")
