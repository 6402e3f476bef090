"""Who may come in, as libraries have published it: the demo's branches, and some elsewhere that ask otherwise.

What a library has not said is what a careful branch asks; where a rule is added only so that the demo can show it, a
comment says so. None of it is legal text.
"""

from dataclasses import dataclass

from meroppet.rules.intervals import Window
from meroppet.rules.policy import (
    DEFAULT_BLOCKS,
    Block,
    Companions,
    GroupHours,
    Guests,
    Permission,
    Policy,
)

PEOPLE_ONLY = frozenset({"VUXEN", "UNG", "BARN"})
"""Categories of people; INST is a card of a school class or an institution."""

# Published: 18 years, and an agreement signed at the desk. That the house must have been shown: for the demo.
SKILJEBO = Policy(minimum_age=18, categories=PEOPLE_ONLY, terms_required=True, introduction_required=True)

# Published: 18 years; written application and a signed pledge. That loans being stopped stops the door: for the demo.
SKINNSKATTEBERG = Policy(
    minimum_age=18, categories=PEOPLE_ONLY, terms_required=True, blocks=DEFAULT_BLOCKS | {Block.BORROWING}
)

# Published: 18 years; card or personnummer and a PIN of four digits; nobody may be taken along but own children.
NORA = Policy(
    minimum_age=18,
    categories=PEOPLE_ONLY,
    terms_required=True,
    companions=Companions.OWN_CHILDREN,
    number_entry=True,
)

# Published: 16 years, a guardian signs below 18; company is at the patron's own responsibility.
LINDESBERG = Policy(
    minimum_age=16, guardian_below=18, categories=PEOPLE_ONLY, terms_required=True, companions=Companions.ANYONE
)

# Published: a tag handed out at the desk; clubs meet here. Only those whose library this is: for the demo.
ALVDALEN = Policy(
    minimum_age=18,
    categories=PEOPLE_ONLY,
    homes=frozenset({"ALV"}),
    guests=Guests.REFUSED,
    group_hours=(
        GroupHours("schack", "Älvdalens schackklubb", ((), (Window(18 * 60, 23 * 60 + 30),), (), (), (), (), ())),
    ),
)

# Published: 18 years; card or personnummer; closest family. A patron of another municipality approves first that her
# facts are used here: registers of two authorities may not be merged. That debts stop the door: for the demo.
TEG = Policy(
    minimum_age=18,
    categories=PEOPLE_ONLY,
    blocks=DEFAULT_BLOCKS | {Block.FEES},
    fees_limit_minor=100_00,
    homes=frozenset({"TEG", "UMEA"}),
    guests=Guests.APPROVED,
    companions=Companions.FAMILY,
    number_entry=True,
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A library's published rules beside the demo's, and where they were read."""

    place: str
    policy: Policy
    source: str


ELSEWHERE = (
    Elsewhere(
        "Göteborg",
        Policy(minimum_age=18, number_entry=True),
        "https://goteborg.se/wps/portal/enhetssida/kyrkbyns-bibliotek/meroppet",
    ),
    Elsewhere(
        "Karlskrona",
        Policy(minimum_age=18, homes=frozenset({"KARLSKRONA"}), guests=Guests.REFUSED),
        "https://bibliotek.karlskrona.se/-/meropp-2",
    ),
    Elsewhere(
        "Järfälla",
        Policy(minimum_age=18, companions=Companions.FAMILY),
        "https://bibliotek.jarfalla.se/web/arena/meroppet",
    ),
    Elsewhere(
        "Varberg",
        Policy(minimum_age=18, companions=Companions.ANYONE),
        "https://www.varbergsbibliotek.se/web/arena/meroppet-i-bua-och-rolfstorp",
    ),
    Elsewhere(
        "Örebro",
        Policy(minimum_age=18, terms_required=True, companions=Companions.OWN_CHILDREN),
        "https://bibliotek.orebro.se/sv/content-page/avtal-f%C3%B6r-mer%C3%B6ppet",
    ),
    Elsewhere(
        "Oslo",
        Policy(minimum_age=15, permission=Permission.AUTOMATIC, terms_required=True),
        "https://bibliotekutvikling.no/kompetansebank/lessons/brukeravtaler/",
    ),
    Elsewhere(
        "Stavanger",
        Policy(minimum_age=16, permission=Permission.AUTOMATIC),
        "https://bibliotekutvikling.no/kompetansebank/lessons/brukeravtaler/",
    ),
    Elsewhere(
        "Moss",
        Policy(minimum_age=15, introduction_required=True, terms_required=True),
        "https://www.mossebibliotekene.no/vi-tilbyr/merapent",
    ),
    Elsewhere(
        "Helsinki",
        Policy(minimum_age=0, guardian_below=15, terms_required=True),
        "https://helmet.finna.fi/Content/omatoimikirjastot?lng=en-gb",
    ),
    Elsewhere(
        "Vejle",
        Policy(minimum_age=0, guardian_below=14),
        "https://vejlebib.dk/saerlige-tilbud/the-homepage-in-english/self-service-libraries",
    ),
    Elsewhere(
        "Riihimäki",
        Policy(minimum_age=0, permission=Permission.AUTOMATIC),
        "https://www.riihimaki.fi/en/ela-ja-voi-hyvin/kirjasto/asiakkuus/omatoimikirjasto/",
    ),
    Elsewhere(
        "Solothurn",
        Policy(minimum_age=16, blocks=DEFAULT_BLOCKS | {Block.FEES}),
        "practice of its library: a debt stops the door",
    ),
    Elsewhere(
        "Eno",
        Policy(minimum_age=15, blocks=frozenset(Block)),
        "practice of its library: nothing may stand against the card",
    ),
)
