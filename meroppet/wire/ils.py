"""A kiosk's questions to the library system, through the server. Answers mirror meroppet.ils.ports."""

from datetime import date

from meroppet.wire.base import Reply, Request
from meroppet.wire.verify import WireFacts


class IlsPatronRequest(Request):
    """POST /api/device/v1/ils/patron. `sealed` holds {"card": …, "pin": …} bound to `session`."""

    session: str
    sealed: str


class IlsPatronReply(Reply):
    """See meroppet.ils.ports.PatronAnswer; `initial` is at most one letter, for a greeting."""

    pin: str
    facts: WireFacts | None = None
    subject: str | None = None
    initial: str = ""
    holds_ready: int = 0
    cause: str | None = None


class IlsItemRequest(Request):
    """POST /api/device/v1/ils/item and /ils/checkin."""

    session: str
    barcode: str


class IlsLoanRequest(Request):
    """POST /api/device/v1/ils/checkout and /ils/renew. `sealed` as in IlsPatronRequest."""

    session: str
    sealed: str
    barcode: str


class IlsItemReply(Reply):
    """See ItemAnswer."""

    known: bool
    title: str = ""
    cause: str | None = None


class IlsLoanReply(Reply):
    """See LoanAnswer."""

    ok: bool
    reason: str
    title: str = ""
    due: date | None = None
    cause: str | None = None
    uncertain: bool = False


class IlsReturnReply(Reply):
    """See ReturnAnswer."""

    ok: bool
    reason: str
    title: str = ""
    destination: str = "shelf"
    cause: str | None = None
    uncertain: bool = False
