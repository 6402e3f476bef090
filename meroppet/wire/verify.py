"""Asking the register whether card and PIN belong together; the answer is an input to the device's decision."""

from datetime import date, datetime

from meroppet.rules.pin import PinAnswer
from meroppet.wire.base import Reply, Request


class VerifyRequest(Request):
    """POST /api/device/v1/verify. `sealed` holds {"card": …, "pin": …} bound to `attempt`.

    `agreed`: what the device learned of this card says that this PIN is right, so that it cannot be one wrong PIN more.
    """

    attempt: str
    door: str
    sealed: str
    agreed: bool = False


class WireFacts(Reply):
    """A register's facts of one patron (see meroppet.rules.eligibility.PatronFacts)."""

    valid: bool
    birth_date: date | None = None
    category: str | None = None
    expires: date | None = None
    lost: bool = False
    debarred: bool = False
    blocked_from_borrowing: bool = False
    fees_minor: int | None = None
    home: str | None = None


class VerifyReply(Reply):
    """What the register said and when; the device applies changes up to `change` before it decides.

    `subject` is the patron's digest under the branch's key (32 hex digits), by which rights are looked up: whatever
    was shown or typed, it is the digest of the number the register knows the patron by. `contradiction`: the register
    answered for another patron. `weak`: the PIN is right, and among the first anybody would guess.
    """

    pin: PinAnswer
    facts: WireFacts | None = None
    as_of: datetime
    change: int
    subject: str | None = None
    contradiction: bool = False
    weak: bool = False
