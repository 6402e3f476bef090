"""The kiosk's own sentences about items: what happened, what to do. Never a code, a debt or a name.

What is said of a log-in stands in meroppet.texts.
"""

from collections.abc import Callable
from gettext import NullTranslations

from kiosk.answers import RENEWED, UNCERTAIN
from meroppet.ils.ports import LoanReason, ReturnReason
from meroppet.pages import dates
from meroppet.rules.session import Line, LineState


def N_(sentence: str) -> str:  # noqa: N802 (gettext's name for a sentence that is translated later)
    """Marks a sentence for the catalogue."""
    return sentence


_ITEMS = {
    LoanReason.NOT_FOR_LOAN.value: N_("Not for loan. Leave it at the desk."),
    LoanReason.RESERVED_BY_OTHER.value: N_("Reserved by someone else. Leave it at the desk."),
    LoanReason.PATRON_BLOCKED.value: N_("You cannot borrow it just now. Ask the library."),
    LoanReason.UNKNOWN_ITEM.value: N_("We do not know this one. Leave it at the desk."),
    LoanReason.UNKNOWN_PATRON.value: N_("You cannot borrow it just now. Ask the library."),
    LoanReason.ALREADY_ON_LOAN.value: N_("Already on loan to someone. Leave it at the desk."),
    LoanReason.LIMIT.value: N_("You have as many loans as you may have."),
    LoanReason.BAD_INPUT.value: N_("The label could not be read. Try again, or leave it at the desk."),
    LoanReason.REFUSED.value: N_("It cannot be done here. Leave it at the desk."),
    LoanReason.UNAVAILABLE.value: N_("The library system does not answer. Try again in a while."),
    UNCERTAIN: N_("We are not sure it was registered. Ask the library before you try again."),
    ReturnReason.NOT_ON_LOAN.value: N_("It was not on loan. Leave it at the desk."),
}
_PLACES = {
    "shelf": N_("Put it on the return shelf"),
    "hold_here": N_("Put it on the shelf for reservations"),
}


def fates(translations: NullTranslations, lang: str) -> Callable[[Line], str]:
    """A function that tells what became of a line."""

    def fate(line: Line) -> str:
        if line.state is LineState.WAITING:
            return translations.gettext("Wait a moment.")
        if line.state is LineState.REFUSED:
            return translations.gettext(_ITEMS.get(line.reason, _ITEMS[LoanReason.REFUSED.value]))
        return _success(line, translations, lang)

    return fate


_DUE = {RENEWED: N_("Renewed until %s"), LoanReason.LOANED.value: N_("Back by %s")}
_DONE = {RENEWED: N_("Renewed"), LoanReason.LOANED.value: N_("Borrowed"), ReturnReason.RETURNED.value: N_("Returned")}


def _success(line: Line, translations: NullTranslations, lang: str) -> str:
    if line.due is not None and line.reason in _DUE:
        return translations.gettext(_DUE[line.reason]) % dates.long_date(line.due, lang)
    return translations.gettext(_DONE.get(line.reason, _DONE[ReturnReason.RETURNED.value]))


def places(translations: NullTranslations) -> Callable[[Line], str]:
    """A function that tells where a returned item goes."""

    def where(line: Line) -> str:
        kind, _, branch = line.destination.partition(":")
        if kind == "transit":
            return translations.gettext("Put it in the box to %s") % (branch or "–")
        return translations.gettext(_PLACES.get(kind, _PLACES["shelf"]))

    return where
