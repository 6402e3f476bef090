"""Journal events as lines staff can read: when, what, why, and the code beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meroppet.texts import kind_text, reason_text
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
    code = str(event.detail.get("reason") or "")
    is_plain = not code or code == "granted"
    look = _LOOKS.get(event.kind, "plain")
    if event.kind == "kiosk.identified":
        look = "good" if code == "granted" else "wait"
    return EventLine(
        at=event.at.astimezone(branch.wall),
        what=kind_text(event.kind, lang),
        why="" if is_plain else reason_text(code, lang),
        code="" if is_plain else code,
        look=look,
        device=devices.get(event.device, event.device),
        # Sent when the line was back: staff who look now should not take it for something that happens now.
        is_late=(event.received_at - event.at).total_seconds() > LATE_SECONDS,
    )
