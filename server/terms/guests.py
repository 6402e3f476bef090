"""What a patron approves who wants to use another municipality's branches: registers of two authorities stay apart.

The words are the server's own; evidence keeps their digest.
"""

from dataclasses import dataclass

from server.organisations.service import OrganisationView
from server.terms.texts import Text

_SWEDISH = """{name} är en annan kommun än den där du är låntagare. Varje kommun ansvarar för sina egna uppgifter, och \
de förs inte samman utan ditt godkännande.

Om du säger ja:
- När du visar kortet vid dörren får biblioteket i {name} veta om du får komma in. Till det läses ålder, \
låntagarkategori, spärrar och var du är låntagare.
- Dina lån och reservationer visas inte.
- Du kan ta tillbaka ditt ja när du vill, i en bemannad disk. Då öppnas dörrarna där inte längre för dig."""
_ENGLISH = """{name} is another municipality than the one where you are a patron. Each municipality answers for its \
own records, and they are not brought together without your approval.

If you say yes:
- When you show your card at the door, the library in {name} learns whether you may come in. For that your age, patron \
category, blocks and home library are read.
- Your loans and reservations are not shown.
- You can take back your yes whenever you like, at a staffed desk. The doors there then no longer open for you."""
_WORDS = {"sv": ("Besök i en annan kommun", _SWEDISH), "en": ("Visits in another municipality", _ENGLISH)}


@dataclass(frozen=True, slots=True)
class Approval:
    """What she approves: that this place's branches see her facts, in these words."""

    place: str
    text: Text


def approval(place: OrganisationView, lang: str) -> Approval:
    """The approval for a municipality, or for a whole consortium, in a language; in Swedish where there is none."""
    said = lang if lang in _WORDS else "sv"
    title, body = _WORDS[said]
    return Approval(place.id, Text(lang=said, title=title, body=body.format(name=place.name)))


def languages() -> tuple[str, ...]:
    """The languages the words exist in."""
    return tuple(_WORDS)
