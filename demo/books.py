"""The demo's books: known titles, invented barcodes; one for every way a loan or a return can end."""

from dataclasses import dataclass


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return sentence


@dataclass(frozen=True, slots=True)
class Book:
    """One item. `owner` is a branch code of the register, "" for the branch the demo shows."""

    barcode: str
    title: str
    author: str
    about: str = ""
    owner: str = ""
    for_loan: bool = True
    reserved: bool = False
    on_loan: bool = False


OTHER_BRANCH = "HUV"
"""The consortium's other library, to which a returned book may have to travel."""

BOOKS = (
    Book("39990000000011", "Gösta Berlings saga", "Selma Lagerlöf"),
    Book("39990000000022", "Utvandrarna", "Vilhelm Moberg"),
    Book("39990000000033", "Sommarboken", "Tove Jansson"),
    Book("39990000000044", "Kallocain", "Karin Boye"),
    Book("39990000000055", "Aniara", "Harry Martinson"),
    Book("39990000000066", "Röde Orm", "Frans G. Bengtsson"),
    Book("39990000000077", "Bröderna Lejonhjärta", "Astrid Lindgren"),
    Book("39990000000088", "Doktor Glas", "Hjalmar Söderberg"),
    Book("39990000000099", "Nässlorna blomma", "Harry Martinson", _("Belongs to another library"), OTHER_BRANCH),
    Book(
        "39990000000103",
        "Mina drömmars stad",
        "Per Anders Fogelström",
        _("On loan, reserved by another"),
        reserved=True,
        on_loan=True,
    ),
    Book("39990000000114", "Nationalencyklopedin 1", "Bra Böcker", _("Not for loan"), for_loan=False),
    Book("39990000000125", "Hemsöborna", "August Strindberg", _("On loan, to be returned"), on_loan=True),
)
