"""What the stream carries (GET /api/device/v1/stream, server-sent events): wake-ups and orders of staff."""

from datetime import datetime
from enum import StrEnum

from meroppet.wire.base import Reply


class Action(StrEnum):
    """What staff may order a device to do."""

    OPEN_ONCE = "open_once"
    CLOSE_NOW = "close_now"
    LOCK_DOWN = "lock_down"
    """Nobody is let in, and what was held open is locked, until LIFT."""
    LIFT = "lift"
    """End a CLOSE_NOW or LOCK_DOWN."""
    EXTEND = "extend"
    READ_TAG = "read_tag"
    """Report the next tag instead of opening by it (see meroppet.wire.passes)."""
    ALARM_RESET = "alarm_reset"
    LEAVE_OUT = "leave_out"
    """Leave out the next step of the closing routine."""


class WakeUp(Reply):
    """Event `changed`, id = change number: something newer may exist; poll."""

    change: int


class Order(Reply):
    """Event `order`: do this once, before `expires`, and journal the answer.

    `change`: done when the device knows everything up to it (EXTEND: longer hours travel as every change does).
    `step`: which step of the closing routine (LEAVE_OUT; see meroppet.rules.closing.StepKind).
    """

    order: str
    action: Action
    expires: datetime
    change: int | None = None
    step: str = ""


class StrangeOrder(Reply):
    """An order of a newer server, as far as this version understands it: enough to answer that it does not."""

    order: str
    action: str
