"""What an electronic identification can be asked, and every answer it can give; no transport lives here.

Answers are values. An e-ID that is silent or broken is a value too: the page must say something either way.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

LIVES = timedelta(minutes=5)
"""An order older than this is over, whatever a driver says: no e-ID gives anybody longer."""


class Hint(StrEnum):
    """What the person should do now, while an order is pending."""

    START = "start"
    STARTING = "starting"
    CONFIRM = "confirm"
    WAITING = "waiting"


class Why(StrEnum):
    """Why an order ended, or never began, and nobody was identified."""

    USER_CANCELLED = "user_cancelled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_STARTED = "not_started"
    BUSY = "busy"
    UNUSABLE = "unusable"
    TOO_OLD = "too_old"
    RISK = "risk"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """An order under way. All of it but `started_at` is a secret of this server: who has it can end or watch it."""

    ref: str = field(repr=False)
    started_at: datetime
    autostart: str = field(default="", repr=False)
    qr_token: str = field(default="", repr=False)
    qr_secret: str = field(default="", repr=False)

    def to_text(self) -> str:
        """As it is sealed between two requests."""
        return json.dumps(
            [self.ref, self.started_at.isoformat(), self.autostart, self.qr_token, self.qr_secret],
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> "Order":
        """The order that `to_text` wrote."""
        ref, started_at, autostart, qr_token, qr_secret = json.loads(text)
        return cls(ref, datetime.fromisoformat(started_at), autostart, qr_token, qr_secret)


@dataclass(frozen=True, slots=True)
class Pending:
    """Nothing is decided yet."""

    hint: Hint


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody proved who she is: her twelve digits, for the register's ears only, and a digest of the proof."""

    number: str = field(repr=False)
    proof: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The order is over and identified nobody."""

    why: Why


Collected = Pending | Identified | Ended


class Eid(Protocol):
    """An e-ID. `title` is its name to people; nothing here raises, and no order is given twice as identified."""

    title: str

    async def begin(self, address: str, text: str, now: datetime, *, sign: bool = False) -> Order | Ended:
        """Begin an order for whoever sits at the address; `text` is shown to her in the app, and signed if `sign`."""
        ...

    def qr(self, order: Order, now: datetime) -> str:
        """What the QR code says in this second."""
        ...

    def start_link(self, order: Order) -> str:
        """The link that starts the app on the device the page is on."""
        ...

    async def collect(self, order: Order) -> Collected:
        """How the order stands. Asked every other second at most."""
        ...

    async def cancel(self, order: Order) -> None:
        """End the order; one that has ended already is no matter."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
