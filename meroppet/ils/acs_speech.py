"""The screen messages about a patron (AF) that the demo register says, in the words of the system it speaks for."""

from collections.abc import Iterator

from meroppet.ils.acs_desk import Desk
from meroppet.ils.acs_dialects import Speech
from meroppet.ils.library_records import Patron


def screen_message(desk: Desk, patron: Patron | None, verdict: str | None, *, pin_sent: bool = True) -> str:
    """What is said with a 24 or 64; `verdict` is the CQ that goes with it. Empty for nothing."""
    if desk.dialect.speech is Speech.PLAIN:
        return _plain(desk, patron, verdict)
    if patron is None:
        return "Invalid cardnumber"
    wrong = ["Invalid password"] if verdict == "N" and pin_sent else []
    told = "".join(f" -- {text}" for text in (*_koha_notes(desk, patron), *wrong))
    return f"Greetings from Koha. {_koha_expiry(desk, patron)}{told}"


def _plain(desk: Desk, patron: Patron | None, verdict: str | None) -> str:
    screen = desk.dialect.screen
    if patron is None:
        return screen.unknown
    if verdict == "N":
        return screen.wrong_pin
    return screen.stopped if desk.library.is_blocked(patron) else screen.fine


def _koha_expiry(desk: Desk, patron: Patron) -> str:
    if not desk.library.is_expired(patron):
        return ""
    return (
        "PATRON EXPIRED" if desk.dialect.speech is Speech.KOHA else f"Your account has expired as of {patron.expires}"
    )


def _koha_notes(desk: Desk, patron: Patron) -> Iterator[str]:
    # 19.05 says a restriction's comment twice; later releases once, and tell of debts and overdues that block.
    is_old = desk.dialect.speech is Speech.KOHA
    if patron.lost:
        yield "Borrower's card reported lost."
    if patron.debarred is not None:
        yield from [patron.debarred] * (2 if is_old else 1)
    if desk.dialect.speech is Speech.KOHA_SUOMI and desk.library.is_locked(patron):
        yield "ACCOUNT LOCKED"
    if patron.fees_minor > 0:
        yield f"Patron owes {patron.fees_minor / 100:.2f}"
    if not is_old and desk.library.owes_too_much(patron):
        yield "Patron blocked by fines"
    if not is_old and desk.library.overdue(patron):
        yield "Patron has overdues"
