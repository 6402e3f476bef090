"""What a founding file says, and the one sentence for what cannot be meant."""

from datetime import date
from pathlib import Path

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.intervals import Interval
from server.organisations.founding_file import Founding, FoundingError, read

EXAMPLES = Path(__file__).parents[4] / "docs/examples"

GOOD = """
[consortium]
id = "west"
name = "West"

[[organisations]]
id = "north"
name = "North"

[[branches]]
id = "hill"
name = "Hill"
controller = "north"
help_number = "021-39 00 00"
live_from = 2026-02-01
policy = { minimum_age = 18 }
week = { monday = { open = ["06.00-22.00"], staffed = ["10.00-18.00"] } }
"""


def _read(tmp_path: Path, text: str) -> Founding:
    file = tmp_path / "west.toml"
    file.write_text(text, encoding="utf-8")
    return read(file)


def test_what_is_left_out_has_its_usual_value(tmp_path: Path) -> None:
    plan = _read(tmp_path, GOOD)

    assert plan.organisations[0].kind == "municipality"
    assert [each.id for each in plan.memberships(plan.organisations[0])] == ["west"]
    assert plan.branches[0].schedule().zone == "Europe/Stockholm"
    assert plan.branches[0].policy.pin_length == 4


def test_a_day_that_is_left_out_is_closed(tmp_path: Path) -> None:
    schedule = _read(tmp_path, GOOD).branches[0].schedule()

    assert [len(day) for day in schedule.weekly] == [2, 0, 0, 0, 0, 0, 0]


def test_hours_with_staff_lie_over_the_open_ones(tmp_path: Path) -> None:
    (monday, *_) = _read(tmp_path, GOOD).branches[0].schedule().weekly

    assert monday == (
        Interval(360, 1320, BranchState.SELF_SERVICE),
        Interval(600, 1080, BranchState.STAFFED),
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("help_number", "helpnumber", "no key 'branches.helpnumber'; did you mean help_number?"),
        ("[consortium]", "[consortia]", "no key 'consortia'; did you mean consortium?"),
        ('help_number = "021-39 00 00"', "", "[[branches]] 'hill': help_number is missing; write the number patrons"),
        ("021-39 00 00", "call us", "[[branches]] 'hill': help_number = 'call us': no telephone number; write the"),
        ("2026-02-01", "'soon'", "[[branches]] 'hill': live_from = 'soon': "),
        ('"hill"', '"The Hill"', "[[branches]] 'The Hill': id = 'The Hill': "),
        ('"north"\nname', '"north"\nkind = "parish"\nname', "kind = 'parish': "),
        ('name = "North"', "name = 7", "[[organisations]] 'north': name = 7: "),
        ("live_from", "zone = 'Sweden/Nora'\nlive_from", "zone = 'Sweden/Nora': no such time zone; write"),
        ("minimum_age = 18", "minimum_age = 200", "policy: minimum_age is 200; allowed: 0–120 years"),
        ("minimum_age = 18", "minimum_aeg = 18", "no rule 'minimum_aeg'; did you mean minimum_age?"),
        ("minimum_age = 18", "pin_length = 4", "policy.minimum_age is missing"),
        ("minimum_age = 18", "minimum_age = 18, blocks = ['rain']", "[[branches]] 'hill': policy.blocks"),
        (
            "06.00-22.00",
            "06.00-49.00",
            "week.monday.open.0 = '06.00-49.00': no stretch of a day; write it like 06:00-22:00",
        ),
        ("06.00-22.00", "06.00-06.00", "no stretch of a day; write it like 06:00-22:00, or 22:00-02:00 over midnight"),
        ('["06.00-22.00"]', '["06-12", "11-20"]', "hours overlap: 11:00 lies within 06:00–12:00; begin later"),
        ("monday", "mondag", "no key 'branches.week.mondag'; did you mean monday?"),
        ('controller = "north"', 'controller = "south"', "[[branches]] 'hill': controller = 'south': not in this file"),
        ('id = "hill"', 'id = "north"', "id = 'north' stands twice"),
        ('"North"', '"North"\nmember_of = [{ id = "south" }]', "'north': member_of = 'south': not in this file"),
        ('"North"', '"North"\nmember_of = [{ id = "north" }]', "member_of goes in a circle (north in north)"),
        (
            '"North"',
            '"North"\nmember_of = [{ id = "west", since = 2026-02-01, until = 2026-01-01 }]',
            "ends on 2026-01-01, before it begins on 2026-02-01",
        ),
        ("[consortium]", "[consortium", "is not TOML"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD

    with pytest.raises(FoundingError) as refused:
        _read(tmp_path, GOOD.replace(old, new, 1))

    assert complaint in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'west.toml'}: ")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FoundingError, match=r"west\.toml: cannot be read: No such file"):
        read(tmp_path / "west.toml")


def test_the_example_of_vastmanland_opens_skiljebo_from_six_to_ten() -> None:
    plan = read(EXAMPLES / "vastmanland.toml")

    assert len(plan.organisations) == 10
    assert [branch.id for branch in plan.branches] == ["skiljebo"]
    for day in plan.branches[0].schedule().weekly:
        assert (day[0].start, day[0].end) == (6 * 60, 22 * 60)


def test_the_example_of_bergslagsbibblan_has_two_rules_and_nine_joining_days() -> None:
    plan = read(EXAMPLES / "bergslagsbibblan.toml")

    rules = {
        branch.id: (branch.policy.minimum_age, branch.schedule().weekly[6][0].start // 60) for branch in plan.branches
    }
    joined = {own.id: plan.memberships(own)[0].since for own in plan.organisations}
    assert rules == {"nora-bibliotek": (18, 8), "lindesbergs-bibliotek": (16, 7)}
    assert len(joined) == 9
    assert joined["lekeberg"] == date(2025, 5, 6)
