"""What staff read of a change on its way: who has it, who has not been heard, and who runs out of hours."""

import re
from datetime import UTC, date, datetime

import pytest

from meroppet.wire.enrolment import DeviceKind
from server.organisations.service import BranchView
from server.schedules.delivery import DeliveryRow
from server.schedules.delivery_views import Delivered
from server.web.site import staff_templates

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
LONG_AGO = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)
TODAY, FAR = date(2026, 11, 23), date(2027, 11, 30)
PAGES = staff_templates()


def row(
    name: str = "Laxå", *, has_it: bool = False, heard: datetime | None = NOW, until: date | None = FAR
) -> DeliveryRow:
    """One branch's door; silent where it was not heard just now."""
    at = BranchView(name.lower(), name, "west", "kommun", "Europe/Stockholm", "0584", date.min, "")
    return DeliveryRow(at, f"door-{name}", "Entrén", DeviceKind.DOOR, has_it, heard, heard != NOW, until)


def told(*rows: DeliveryRow, branches: int = 2, lang: str = "sv") -> str:
    """The words of the page's part."""
    html = PAGES.html("parts/delivery.html", lang, delivery=Delivered(rows, branches, TODAY), now=NOW)
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)).split())


def test_eleven_of_twelve_doors_have_it_and_the_twelfth_is_named() -> None:
    rows = [row(f"By {number}", has_it=True) for number in range(11)]

    said = told(*rows, row(heard=LONG_AGO, until=date(2026, 12, 30)), branches=12)

    assert said.startswith("11 av 12 dörrar har det.")
    assert "Laxå, Entrén har inte hörts sedan 14.02, har öppettider till ons 30 dec" in said


@pytest.mark.parametrize(
    ("rows", "branches", "said"),
    [
        ((row(has_it=True),), 1, "Entrén har det."),
        ((row(has_it=True), row("Nora", has_it=True)), 2, "Alla 2 dörrar har det."),
        ((row(),), 1, "Entrén: på väg"),
        ((row(heard=None, until=None),), 1, "Entrén har aldrig hört av sig"),
        (
            (row(heard=LONG_AGO, until=None),),
            1,
            "Entrén har inte hörts sedan 14.02 och har inga öppettider: där är stängt",
        ),
        ((), 1, "Ingen dörr eller kiosk här än; den första får tiderna när den kommer."),
    ],
)
def test_each_way_to_lack_it_has_its_own_words(rows: tuple[DeliveryRow, ...], branches: int, said: str) -> None:
    assert said in told(*rows, branches=branches)


def test_the_silent_ones_are_named_first_and_no_more_than_five() -> None:
    rows = [row(f"By {number}") for number in range(6)]

    said = told(*rows, row("Öde", heard=LONG_AGO), branches=7)

    assert said.index("Öde") < said.index("By 0")
    assert "By 4" not in said
    assert said.endswith("och 2 till")


@pytest.mark.parametrize(("until", "warns"), [(date(2026, 12, 7), True), (date(2026, 12, 8), False)])
def test_a_door_that_runs_out_of_hours_within_a_fortnight_is_told_of(until: date, warns: bool) -> None:
    assert ("har öppettider bara till" in told(row(has_it=True, until=until))) is warns


def test_in_english_too() -> None:
    assert told(row(has_it=True), row("Nora"), lang="en").startswith("1 of 2 doors have it.")
