"""From the register's answer to a line of the session; a loan that is not certain is never shown as done."""

from meroppet.ils.ports import LoanAnswer, LoanReason, ReturnAnswer
from meroppet.rules.session import Line, LineState

RENEWED = LoanReason.RENEWED.value
UNCERTAIN = "uncertain"
"""The register may have done it, but its answer never came."""


def taken_line(answer: LoanAnswer) -> Line:
    """How borrowing one item ended; `reason` tells a renewal from a loan."""
    return Line(
        barcode=answer.barcode,
        state=LineState.DONE if answer.ok else LineState.REFUSED,
        title=answer.title or "",
        due=answer.due,
        reason=UNCERTAIN if answer.may_have_happened else answer.reason.value,
    )


def returned_line(answer: ReturnAnswer) -> Line:
    """How giving one item back ended, and where it goes now."""
    return Line(
        barcode=answer.barcode,
        state=LineState.DONE if answer.ok else LineState.REFUSED,
        title=answer.title or "",
        destination=str(answer.destination) if answer.destination else "",
        reason=UNCERTAIN if answer.may_have_happened else answer.reason.value,
    )
