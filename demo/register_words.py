"""What the register tells whoever runs it: whom to sign in as, which cards and items there are, what can be ordered."""

from collections.abc import Iterable

from demo.register_stock import Stock
from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_faults import ABOUT
from meroppet.ils.acs_simulator import RegisterAccount
from meroppet.ils.library import Library
from meroppet.ils.library_records import Item, Patron
from meroppet.sip2.fields import minor_units

_LONGEST_TITLE = 40


def dialects() -> str:
    """Every dialect, a line each."""
    return _table((name, dialect.about) for name, dialect in DIALECTS.items())


def faults() -> str:
    """Every fault, a line each."""
    return _table((fault.value, about) for fault, about in ABOUT.items())


def accounts_of(accounts: Iterable[RegisterAccount], *, shows_passwords: bool) -> str:
    """Whom to sign in as, a line each."""
    return _table(
        (
            f"user {account.user}",
            f"password {account.password if shows_passwords else 'as given'}",
            f"AO {account.branch}",
        )
        for account in accounts
    )


def stock_of(stock: Stock) -> str:
    """The cards and the items as they were made, and what each is there for."""
    people = [(seed.record, seed.about) for seed in stock if isinstance(seed.record, Patron)]
    things = [(seed.record, seed.about) for seed in stock if isinstance(seed.record, Item)]
    cards = _table((one.card, f"PIN {one.pin or '(none)'}", one.name, about) for one, about in people)
    items = _table((one.barcode, _short(one.title), about) for one, about in things)
    return f"Patrons\n{cards}\nItems\n{items}"


def state_of(library: Library) -> str:
    """The cards and the items as they are now."""
    cards = _table((one.card, one.name, _state_of_patron(library, one)) for one in library.patrons)
    items = _table((one.barcode, _short(one.title), _state_of_item(one)) for one in library.items)
    return f"Patrons\n{cards}\nItems\n{items}"


def _state_of_patron(library: Library, patron: Patron) -> str:
    told = (
        (f"{len(library.loans(patron))} on loan", bool(library.loans(patron))),
        (f"{len(library.holds_ready(patron))} ready", bool(library.holds_ready(patron))),
        (f"{len(library.holds_waiting(patron))} reserved", bool(library.holds_waiting(patron))),
        (f"owes {minor_units(patron.fees_minor)}", patron.fees_minor != 0),
        ("locked", library.is_locked(patron)),
        ("blocked from borrowing", library.is_blocked(patron)),
    )
    return ", ".join(text for text, applies in told if applies)


def _state_of_item(item: Item) -> str:
    told = (
        (item.state.replace("_", " "), True),
        (f"to {item.borrower} until {item.due}", item.borrower is not None),
        (f"reserved by {', '.join(item.waiting)}", bool(item.waiting)),
        (f"on its way to {item.in_transit_to}", item.in_transit_to is not None),
    )
    return ", ".join(text for text, applies in told if applies)


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
