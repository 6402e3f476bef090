"""What stands in the register: the demo's people and books, or one patron and one item for every state there is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

from demo.books import BOOKS, OTHER_BRANCH, Book
from demo.consortia import DemoBranch
from demo.identities import personnummer
from demo.people import OTHER_BORROWER, PEOPLE, Person, number_at, years_before
from meroppet.ils.library import Library
from meroppet.ils.library_records import Claim, Item, Patron

LOAN_DAYS = 28
PIN = "7305"


@dataclass(frozen=True, slots=True)
class Seed:
    """One patron or one item, and what it is there for."""

    about: str
    record: Patron | Item


Stock = tuple[Seed, ...]
StockMaker = Callable[[DemoBranch, date], Stock]


def demo_stock(branch: DemoBranch, today: date) -> Stock:
    """The demo's people and books."""
    borrower = number_at(OTHER_BORROWER, branch)
    people = tuple(Seed(person.about, _demo_patron(person, branch, today)) for person in (*PEOPLE, OTHER_BORROWER))
    return (*people, *(Seed(book.about, _demo_item(book, branch, borrower, today)) for book in BOOKS))


def _demo_patron(person: Person, branch: DemoBranch, today: date) -> Patron:
    facts = person.facts(today, branch)
    return Patron(
        card=number_at(person, branch),
        pin=person.pin,
        name=person.name,
        user_name=personnummer(person, today),
        birth_date=facts.birth_date,
        category=person.category,
        expires=facts.expires,
        home=facts.home or "",
        lost=facts.lost,
        debarred="Avstängd" if facts.debarred else None,
        fees_minor=person.fees_minor,
    )


def _demo_item(book: Book, branch: DemoBranch, borrower: str, today: date) -> Item:
    return Item(
        barcode=book.barcode,
        title=book.title,
        owner=book.owner or branch.register_code,
        for_loan=book.for_loan,
        borrower=borrower if book.on_loan else None,
        due=today + timedelta(days=LOAN_DAYS) if book.on_loan else None,
        held_for=borrower if book.reserved else None,
        pickup=branch.register_code if book.reserved else None,
    )


def training_stock(branch: DemoBranch, today: date) -> Stock:
    """One patron for every state a card can be in, one item for every state of an item."""
    return (*_patrons(branch.register_code, today), *_items(branch.register_code, today))


def _card(number: int) -> str:
    return f"20000000{number:02}"


def _patrons(here: str, today: date) -> Iterator[Seed]:
    numbers = count(1)
    child = {"birth_date": years_before(today, 9), "category": "BARN"}

    def patron(about: str, name: str, **changes: Any) -> Seed:
        usual = Patron(
            card=_card(next(numbers)),
            pin=PIN,
            name=name,
            birth_date=years_before(today, 41),
            expires=today + timedelta(days=365),
            home=here,
            address="Storgatan 1, 722 12 Västerås",
            email="post@example.invalid",
            phone="0980-319 250",
        )
        return Seed(about, replace(usual, **changes))

    yield patron("in good standing; user name asa.oberg", "Åsa Öberg", user_name="asa.oberg")
    yield patron("expired 30 days ago", "Börje Ek", expires=today - timedelta(days=30))
    yield patron("debarred, with a comment", "Cecilia Åker", debarred="Spärrad: obetald räkning – ring oss")
    yield patron("owes 250.00, more than the limit", "David Söder", fees_minor=250_00)
    yield patron("a child of 9", "Ebba Lind", **child)
    yield patron("card reported lost", "Filip Ås", lost=True)
    yield patron("blocked by a machine (01)", "Gun Mo", blocked=True)
    yield patron("locked after wrong PINs", "Hans Berg", wrong_pins=1_000_000)
    yield patron("has an overdue loan", "Irma Dal")
    yield patron("has two loans", "Jöran Hägg")
    yield patron("a hold waits on the shelf", "Kerstin Ö")
    yield patron(f"home {OTHER_BRANCH}, holds to be fetched there", "Lars Öst", home=OTHER_BRANCH)
    yield patron("has no PIN", "Mona Vik", pin="")
    yield patron("owes 45.50, less than the limit", "Nils Ny", fees_minor=45_50)
    yield patron("PIN ends in what some registers cut off", "Olle Ohls", pin="Personal1!")
    yield patron("PIN with letters beyond ASCII", "Pia Å", pin="pä55wörd")
    yield patron("name with a delimiter, quotes, beyond Latin-1", 'Q|vist "Kvist" <&> ☃')
    yield patron("may borrow, may not enter (Koha-Suomi's PA)", "Rut Rehn", may_enter=False)
    yield patron("a child at the limit of loans", "Sixten Ask", loan_limit=1, **child)
    yield patron("expires in 7 days", "Tyra Fors", expires=today + timedelta(days=7))
    yield patron("no birth date, no last day, no category", "Ulf Ulv", birth_date=None, expires=None, category="")


def _items(here: str, today: date) -> Iterator[Seed]:
    numbers = count(1)
    due = today + timedelta(days=14)

    def item(about: str, title: str, **changes: Any) -> Seed:
        usual = Item(barcode=f"3000000000{next(numbers):04}", title=title, owner=here, call_number="Hc")
        return Seed(about, replace(usual, **changes))

    def lent(number: int, until: date = due) -> dict[str, Any]:
        return {"borrower": _card(number), "due": until}

    def held(number: int, pickup: str = here) -> dict[str, Any]:
        return {"held_for": _card(number), "pickup": pickup}

    yield item("available", "Bröderna Lejonhjärta")
    yield item("available", "Pippi Långstrump går ombord")
    yield item("on loan to 10", "Doktor Glas", **lent(10))
    yield item("on loan to 10, no renewals left", "Gösta Berlings saga", renewals=99, **lent(10))
    yield item("overdue at 09", "Röda rummet", **lent(9, today - timedelta(days=15)))
    yield item(f"on the shelf, reserved by 12 at {OTHER_BRANCH}", "Hemsöborna", **held(12, OTHER_BRANCH))
    yield item("waits on the hold shelf for 11", "Kallocain", on_hold_shelf=True, **held(11))
    yield item("not for loan", "Nationalencyklopedin 1", for_loan=False)
    yield item("lost", "Försvunnen bok", missing=True)
    yield item(f"on its way to {OTHER_BRANCH}", "Invandrarna", owner=OTHER_BRANCH, in_transit_to=OTHER_BRANCH)
    yield item(f"belongs to {OTHER_BRANCH}, stands here", "Nässlorna blomma", owner=OTHER_BRANCH)
    yield item(f"belongs to {OTHER_BRANCH}, on loan to 01", "Sagan om ringen", owner=OTHER_BRANCH, **lent(1))
    yield item(
        "on loan to 01, reserved by 11 and 14", "Utvandrarna", queue=[Claim(_card(14), here)], **lent(1), **held(11)
    )
    yield item(f"on loan to 20, reserved by 12 at {OTHER_BRANCH}", "Markurells", **lent(20), **held(12, OTHER_BRANCH))
    yield item("on loan to 19, who may have no more", "Mamma Mu", **lent(19))
    yield item("a loan costs 20.00", "Det sjunde inseglet (dvd)", media="005", fee_minor=20_00)
    yield item("from 15 years", "Extrem våldsroman", age_limit=15)
    yield item("title with a delimiter, quotes and a dash", 'Titel med | streck, "citat" & <tagg> – år 1984')
    yield item("a title of 400 characters", ("En mycket lång titel " * 20)[:400])
    yield item("no title at all", "")


def library_of(stock: Stock, today: Callable[[], date], name: str) -> Library:
    """A library with this stock."""
    records = [seed.record for seed in stock]
    patrons = [record for record in records if isinstance(record, Patron)]
    items = [record for record in records if isinstance(record, Item)]
    return Library(patrons, items, today, name=name)


STOCKS: Mapping[str, StockMaker] = {"training": training_stock, "demo": demo_stock}
"""What `--state` takes."""
