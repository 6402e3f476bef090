"""A schedule survives its file; whatever cannot be meant is told with table, key, value and remedy."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from meroppet.rules.intervals import DEFAULT_WEEK
from meroppet.rules.schedule import Schedule
from meroppet.wire.schedule_convert import file_from_schedule, schedule_from_file
from server.schedules.holidays import HOLIDAYS_SE, keys_of
from server.schedules.toml_file import LARGEST, ScheduleFileError, parse, read, require_holidays, write
from tests.unit.meroppet.wire.random_schedules import schedules

EXAMPLE = Path(__file__).parents[4] / "docs/examples/schedule.toml"
HEAD = 'format = "meroppet-schedule-1"\nzone = "Europe/Stockholm"\n'
WEEK = "[weekly]\nmonday = { open = ['08:00-22:00'] }\n"
EXCEPTION = f"{HEAD}{WEEK}[[exceptions]]\nid = 'x'\nlevel = 'branch'\n"


@given(schedules())
@settings(max_examples=50)
def test_whatever_a_schedule_holds_its_file_says_the_same(schedule: Schedule) -> None:
    file = file_from_schedule(schedule)

    assert parse(write(file, "About it\nin two lines")) == file
    assert schedule_from_file(parse(write(file))) == schedule_from_file(file)


def test_the_documented_example_holds_something_of_everything() -> None:
    schedule = schedule_from_file(read(EXAMPLE))

    assert {exception.level.value for exception in schedule.exceptions} == {
        "consortium",
        "group",
        "municipality",
        "branch",
    }
    contents = {type(one).__name__ for own in schedule.exceptions for day in own.days for one in day.contents}
    assert contents == {
        "Closed", "NotBefore", "NotAfter", "NoSelfService", "Maintenance", "OtherHours", "MoreHours", "Event"
    }  # fmt: skip
    assert schedule.seasons
    assert schedule.host
    assert schedule.orders
    assert schedule.first_person_in
    assert {rule.key for rule in schedule.holiday_rules} <= {name.key for name in HOLIDAYS_SE}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write format = 'meroppet-schedule-1'"),
        ("format = 1 = 2", "is not TOML"),
        ("format = 'meroppet-schedule-2'\nzone = 'Europe/Stockholm'\n" + WEEK, "format = 'meroppet-schedule-2'"),
        (HEAD.replace("Stockholm", "Nora") + WEEK, "it looks like Europe/Stockholm"),
        (HEAD + "[weekly]\nmonday = { open = ['8-20-22'] }", "weekly.monday.open[1] = '8-20-22'"),
        (HEAD + "[weekly]\nmonday = { open = ['08:00-12:00', '11:00-13:00'] }", "begin later or end that one earlier"),
        (HEAD + "[weekly]\nmonday = { open = '08:00-12:00' }", "weekly.monday.open = '08:00-12:00' is not a list"),
        (HEAD + "[weekly]\nmondag = {}", "no key 'weekly.mondag'; did you mean monday?"),
        (HEAD + WEEK + "[[exception]]\nid = 'x'", "no key 'exception'; did you mean exceptions?"),
        (EXCEPTION, "[[exceptions]] 'x': days is missing"),
        (EXCEPTION + "days = [{ first = 2025-04-31 }]", "is not TOML"),
        (EXCEPTION + "days = [{ first = '2025-04-31', closed = true }]", "first = '2025-04-31'"),
        (EXCEPTION + "days = [{ first = 2025-04-07 }]", "it says nothing"),
        (EXCEPTION + "days = [{ first = 2025-04-07, last = 2025-04-01, closed = true }]", "before it begins"),
        (EXCEPTION + "days = [{ first = 2025-04-07, not_before = 'ten' }]", "write it like 06:00"),
        (EXCEPTION + "days = [{ first = 2025-04-07, closd = true }]", "did you mean closed?"),
        (
            EXCEPTION.replace("branch", "bransch") + "days = [{ first = 2025-04-07, closed = true }]",
            "level = 'bransch'",
        ),
        (EXCEPTION.replace("'x'", "'X Y'") + "days = [{ first = 2025-04-07, closed = true }]", "id = 'X Y'"),
        (
            f"{HEAD}{WEEK}[[orders]]\nid = 'x'\nlevel = 'branch'\nkind = 'maintenance'\nstart = 2025-06-03T13:20:00",
            "[[orders]] 'x': start = 2025-06-03T13:20:00 has no offset from UTC; add it",
        ),
        (f"{HEAD}{WEEK}[[holiday_rules]]\nkey = 'julafton'\ntreatment = 'shorter'", "needs its hours"),
        (f"{HEAD}{WEEK}[closing]\ngap = 20", "allowed: 0–15"),
        (f"country = 'Sweden'\n{HEAD}{WEEK}", "country = 'Sweden'"),
        (f"first_person_in = 'yes please'\n{HEAD}{WEEK}", "first_person_in = 'yes please'"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, says: str) -> None:
    with pytest.raises(ScheduleFileError) as told:
        parse(text)

    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_does_not_say_its_week_is_of_a_branch_that_has_said_nothing() -> None:
    file = parse(HEAD)

    assert schedule_from_file(file).weekly == DEFAULT_WEEK
    assert parse(write(file)) == file
    assert 'open = [\n    "06:00-22:00"' in write(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("holiday_rules = [{ key = 'jullafton', treatment = 'closed' }]",
         "holiday_rules: there is no holiday 'jullafton'; did you mean julafton?"),
        ("host = { name = 'x', weekly = {}, holidays = { midsommarafto = [] } }",
         "host.holidays: there is no holiday 'midsommarafto'; did you mean midsommarafton?"),
    ],
)  # fmt: skip
def test_a_rule_for_a_holiday_that_never_comes_is_told(text: str, says: str) -> None:
    file = parse(f"{HEAD}{text}")

    with pytest.raises(ScheduleFileError, match=re.escape(says)):
        require_holidays(file, keys_of("SE"))


def test_a_holiday_that_the_file_lists_itself_is_one() -> None:
    fair = (
        "holidays = [{ day = 2026-05-24, key = 'marken' }]\nholiday_rules = [{ key = 'marken', treatment = 'closed' }]"
    )

    require_holidays(parse(f"{HEAD}{fair}"), keys_of("SE"))
    require_holidays(read(EXAMPLE), keys_of("SE"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    large, latin = tmp_path / "large.toml", tmp_path / "latin.toml"
    large.write_bytes(b"#" * (LARGEST + 1))
    latin.write_bytes("# Öppet".encode("cp1252"))

    for file in (tmp_path / "none.toml", tmp_path, large, latin):
        with pytest.raises(ScheduleFileError, match=file.name):
            read(file)


def test_a_file_nested_without_end_is_refused() -> None:
    with pytest.raises(ScheduleFileError):
        parse("x = " + "[" * 100_000)
