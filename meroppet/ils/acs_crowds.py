"""A register that has lost everybody, and one that takes everybody for a patron in good standing; for the faults."""

from dataclasses import replace
from datetime import date

from meroppet.ils.acs_faults import Fault
from meroppet.ils.library import Library
from meroppet.ils.library_records import Patron


class EverybodyValid(Library):
    """The same library, where every number is a patron's and nothing stands against any of them."""

    def __init__(self, library: Library) -> None:
        super().__init__(library.patrons, library.items, lambda: library.today, name=library.name, rules=library.rules)

    def patron(self, card: str) -> Patron:
        """The patron without her blocks and debts, or somebody of whom nothing was known."""
        known = super().patron(card) or Patron(card=card, pin="", name="Okänd", birth_date=date(1980, 1, 1))
        return replace(known, expires=None, lost=False, debarred=None, blocked=False, may_enter=True, fees_minor=0)


def as_seen(library: Library, fault: Fault) -> Library:
    """The library as a register with this fault sees it; itself for the other faults."""
    match fault:
        case Fault.EVERYBODY_UNKNOWN:
            return Library([], library.items, lambda: library.today, name=library.name, rules=library.rules)
        case Fault.EVERYBODY_VALID:
            return EverybodyValid(library)
    return library
