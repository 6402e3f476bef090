"""What the stream carries (GET /api/device/v1/stream, server-sent events): wake-ups and orders of staff."""

from datetime import datetime
from enum import StrEnum

from meroppet.wire.base import Reply


class Action(StrEnum):
    """What staff may order a device to do."""

    OPEN_ONCE = "open_once"
    READ_TAG = "read_tag"
    """Report the next tag instead of opening by it (see meroppet.wire.passes)."""


class WakeUp(Reply):
    """Event `changed`, id = change number: something newer may exist; poll."""

    change: int


class Order(Reply):
    """Event `order`: do this once, before `expires`, and journal the answer."""

    order: str
    action: Action
    expires: datetime
