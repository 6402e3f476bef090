"""The four founding consortia as the demo seeds them: municipalities, branches, hours and rules; no people, no books.

Opening hours, ages and members follow what the libraries have published; staffed hours and telephone numbers are
invented (0980-319 200–299 is kept free for fiction by PTS).
"""

from dataclasses import dataclass
from datetime import date

from demo import rules
from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import Interval, Week, Window
from meroppet.rules.policy import Policy
from meroppet.rules.schedule import ClosingPlan, HolidayRule, Schedule, Season, Treatment

ZONE = "Europe/Stockholm"


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality by its official code (SCB), with the day it joined where the consortium has told it."""

    id: str
    code: str
    name: str
    joined: date | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of municipalities inside a consortium."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBranch:
    """A branch that can be shown: its hours and what it demands."""

    id: str
    name: str
    controller: str
    register_code: str
    help_number: str
    schedule: Schedule
    policy: Policy
    shows_tags: bool = False
    """Whether its patrons hold a tag, not a printed card, before the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consortium:
    """A consortium with its members, its register's dialect and its branches with open doors."""

    id: str
    name: str
    dialect: str
    municipalities: tuple[Municipality, ...]
    branches: tuple[DemoBranch, ...]
    groups: tuple[Group, ...] = ()


Staffed = tuple[tuple[int, int] | None, ...]
"""For each day from Monday to Sunday from what hour to what hour staff are there, or None."""


def _week(opens: int, closes: int, staffed: Staffed) -> Week:
    """Every day open from `opens` to `closes` (hours); staffed hours lie over self-service."""
    alone = Interval(opens * 60, closes * 60, BranchState.SELF_SERVICE)
    return tuple((alone, *(() if hours is None else (_with_staff(*hours),))) for hours in staffed)


def _with_staff(first: int, last: int) -> Interval:
    return Interval(first * 60, last * 60, BranchState.STAFFED)


def _staffed(weekdays: Staffed, saturday: tuple[int, int] | None = None) -> Staffed:
    return (*weekdays, saturday, None)


def _schedule(opens: int, closes: int, staffed: Staffed) -> Schedule:
    return Schedule(ZONE, _week(opens, closes, staffed))


# On every day of the year these branches are open in the evening and shut at night: the demo shows both on any day.
_HOLIDAYS = (
    *(
        HolidayRule(key=key, treatment=Treatment.SELF_SERVICE_ONLY)
        for key in (
            "nyarsdagen",
            "trettondedag_jul",
            "langfredagen",
            "paskafton",
            "paskdagen",
            "annandag_pask",
            "forsta_maj",
            "kristi_himmelsfardsdag",
            "pingstafton",
            "pingstdagen",
            "nationaldagen",
            "midsommarafton",
            "midsommardagen",
            "alla_helgons_dag",
            "julafton",
            "juldagen",
            "annandag_jul",
            "nyarsafton",
        )
    ),
    *(
        HolidayRule(key=key, treatment=Treatment.SHORTER, window=Window(8 * 60, 20 * 60))
        for key in ("trettondagsafton", "skartorsdagen", "valborgsmassoafton", "alla_helgons_afton")
    ),
)


def _full(opens: int, closes: int, staffed: Staffed, *, summer: Staffed) -> Schedule:
    """A week, another one in summer, a rule for every holiday and eve, and a closing that is announced."""
    return Schedule(
        ZONE,
        _week(opens, closes, staffed),
        seasons=(Season(id="sommar", name="Sommar", first=(6, 15), last=(8, 15), weekly=_week(opens, closes, summer)),),
        holiday_rules=_HOLIDAYS,
        closing=ClosingPlan(announcements=(15, 10, 5, 1)),
    )


VASTMANLAND = Consortium(
    id="vastmanland",
    name="Biblioteken i Västmanland",
    dialect="koha",
    municipalities=(
        Municipality("skinnskatteberg", "1904", "Skinnskattebergs kommun"),
        Municipality("surahammar", "1907", "Surahammars kommun"),
        Municipality("kungsor", "1960", "Kungsörs kommun"),
        Municipality("hallstahammar", "1961", "Hallstahammars kommun"),
        Municipality("norberg", "1962", "Norbergs kommun"),
        Municipality("vasteras", "1980", "Västerås stad"),
        Municipality("sala", "1981", "Sala kommun"),
        Municipality("fagersta", "1982", "Fagersta kommun"),
        Municipality("koping", "1983", "Köpings kommun"),
        Municipality("arboga", "1984", "Arboga kommun"),
    ),
    branches=(
        DemoBranch(
            id="skiljebo",
            name="Skiljebo bibliotek",
            controller="vasteras",
            register_code="SKI",
            help_number="0980-319 201",
            schedule=_full(
                6,
                22,
                _staffed(((10, 18), (10, 18), (10, 18), (10, 18), (10, 16)), (11, 14)),
                summer=_staffed(((10, 17), (10, 17), (10, 17), (10, 17), (10, 15))),
            ),
            policy=rules.SKILJEBO,
        ),
        DemoBranch(
            id="skinnskattebergs-bibliotek",
            name="Skinnskattebergs bibliotek",
            controller="skinnskatteberg",
            register_code="SKB",
            help_number="0980-319 206",
            schedule=_schedule(8, 21, _staffed(((10, 17), (10, 18), (10, 17), (10, 17), (10, 15)))),
            policy=rules.SKINNSKATTEBERG,
        ),
    ),
)

BERGSLAGSBIBBLAN = Consortium(
    id="bergslagsbibblan",
    name="Bergslagsbibblan",
    dialect="koha",
    municipalities=(
        Municipality("lindesberg", "1885", "Lindesbergs kommun", date(2016, 1, 1)),
        Municipality("nora", "1884", "Nora kommun", date(2016, 1, 1)),
        Municipality("hallefors", "1863", "Hällefors kommun", date(2021, 1, 1)),
        Municipality("ljusnarsberg", "1864", "Ljusnarsbergs kommun", date(2021, 1, 1)),
        Municipality("askersund", "1882", "Askersunds kommun", date(2025, 4, 11)),
        Municipality("hallsberg", "1861", "Hallsbergs kommun", date(2025, 4, 11)),
        Municipality("kumla", "1881", "Kumla kommun", date(2025, 4, 22)),
        Municipality("laxa", "1860", "Laxå kommun", date(2025, 4, 29)),
        Municipality("lekeberg", "1814", "Lekebergs kommun", date(2025, 5, 6)),
    ),
    branches=(
        DemoBranch(
            id="nora-bibliotek",
            name="Nora bibliotek",
            controller="nora",
            register_code="NOR",
            help_number="0980-319 202",
            schedule=_full(
                8,
                22,
                _staffed(((10, 18), (10, 18), (10, 18), (10, 18), (10, 17)), (10, 13)),
                summer=_staffed(((11, 16), (11, 16), (11, 16), (11, 16), (11, 15))),
            ),
            policy=rules.NORA,
        ),
        DemoBranch(
            id="lindesbergs-bibliotek",
            name="Lindesbergs bibliotek",
            controller="lindesberg",
            register_code="LIN",
            help_number="0980-319 203",
            schedule=_schedule(7, 22, _staffed(((10, 18), (10, 18), (10, 19), (10, 18), (10, 17)), (10, 14))),
            policy=rules.LINDESBERG,
        ),
    ),
)

DALABIBLIOTEKEN = Consortium(
    id="dalabiblioteken",
    name="Dalabiblioteken",
    dialect="koha",
    groups=(Group("ovansiljan", "Ovansiljan"),),
    municipalities=(
        Municipality("vansbro", "2021", "Vansbro kommun"),
        Municipality("malung-salen", "2023", "Malung-Sälens kommun"),
        Municipality("gagnef", "2026", "Gagnefs kommun"),
        Municipality("leksand", "2029", "Leksands kommun"),
        Municipality("rattvik", "2031", "Rättviks kommun"),
        Municipality("orsa", "2034", "Orsa kommun", group="ovansiljan"),
        Municipality("alvdalen", "2039", "Älvdalens kommun", group="ovansiljan"),
        Municipality("smedjebacken", "2061", "Smedjebackens kommun"),
        Municipality("mora", "2062", "Mora kommun", group="ovansiljan"),
        Municipality("falun", "2080", "Falu kommun"),
        Municipality("borlange", "2081", "Borlänge kommun"),
        Municipality("sater", "2082", "Säters kommun"),
        Municipality("hedemora", "2083", "Hedemora kommun"),
        Municipality("avesta", "2084", "Avesta kommun"),
        Municipality("ludvika", "2085", "Ludvika kommun"),
    ),
    branches=(
        DemoBranch(
            id="alvdalens-bibliotek",
            name="Älvdalens bibliotek",
            controller="alvdalen",
            register_code="ALV",
            help_number="0980-319 204",
            schedule=_schedule(6, 22, _staffed(((10, 17), (10, 19), (10, 17), (10, 17), (10, 15)))),
            policy=rules.ALVDALEN,
            shows_tags=True,
        ),
    ),
)

UMEAREGIONEN = Consortium(
    id="umearegionen",
    name="Biblioteken i Umeåregionen",
    dialect="koha",
    municipalities=(
        Municipality("nordmaling", "2401", "Nordmalings kommun"),
        Municipality("bjurholm", "2403", "Bjurholms kommun"),
        Municipality("vindeln", "2404", "Vindelns kommun"),
        Municipality("robertsfors", "2409", "Robertsfors kommun"),
        Municipality("vannas", "2460", "Vännäs kommun"),
        Municipality("umea", "2480", "Umeå kommun"),
    ),
    branches=(
        DemoBranch(
            id="tegs-bibliotek",
            name="Tegs bibliotek",
            controller="umea",
            register_code="TEG",
            help_number="0980-319 205",
            schedule=_schedule(6, 22, _staffed(((10, 18), (10, 18), (10, 18), (10, 18), (10, 16)), (11, 15))),
            policy=rules.TEG,
        ),
    ),
)

CONSORTIA = (VASTMANLAND, BERGSLAGSBIBBLAN, DALABIBLIOTEKEN, UMEAREGIONEN)

CHOICES = {
    "skiljebo": "skiljebo",
    "skinnskatteberg": "skinnskattebergs-bibliotek",
    "nora": "nora-bibliotek",
    "lindesberg": "lindesbergs-bibliotek",
    "alvdalen": "alvdalens-bibliotek",
    "teg": "tegs-bibliotek",
}
"""What `--branch` takes, and the branch it means."""


@dataclass(frozen=True, slots=True)
class Place:
    """One branch with all it stands in."""

    consortium: Consortium
    municipality: Municipality
    branch: DemoBranch


def places() -> tuple[Place, ...]:
    """Every demo branch with its municipality and consortium."""
    return tuple(
        Place(consortium, _by_id(consortium)[branch.controller], branch)
        for consortium in CONSORTIA
        for branch in consortium.branches
    )


def _by_id(consortium: Consortium) -> dict[str, Municipality]:
    return {municipality.id: municipality for municipality in consortium.municipalities}


def place(branch: str) -> Place:
    """The place of a branch id. Raises KeyError for an unknown one."""
    return {each.branch.id: each for each in places()}[branch]


LIVE_FROM = date(2025, 1, 7)
"""The demo's branches have had open doors since then."""
