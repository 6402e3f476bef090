"""What is exported and imported again changes nothing; what a file changes is told first; on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, OtherHours, ScheduleException
from meroppet.rules.intervals import Interval
from meroppet.rules.schedule import HolidayRule, Schedule, Season, Treatment
from meroppet.wire.schedule_convert import file_from_schedule
from server.schedules.exceptions import exceptions_at, put_exception
from server.schedules.import_effects import effects
from server.schedules.import_files import plan_of, standing_at
from server.schedules.importing import Plan, apply
from server.schedules.service import schedule_of, set_pattern
from server.schedules.toml_file import write
from tests.integration.server.schedules.conftest import WEEK, WEST, Town

CHRISTMAS = date(2026, 12, 24)
ALONE = BranchState.SELF_SERVICE


def _exception(name: str, *days: date) -> ScheduleException:
    return ScheduleException(
        id=name,
        level=Level.BRANCH,
        days=tuple(ExceptionDay(first=day, last=day, contents=(Closed(),)) for day in days),
        title="Jul",
        reasons=(("sv", "God jul!"),),
    )


async def _exported(town: Town, name: str = "nora") -> Schedule:
    async with town.database.reading(WEST) as session:
        view = await schedule_of(session, name)
    assert view is not None
    return view.schedule


async def _import(town: Town, data: bytes, file: str, place: str = "nora", *, dry: bool = False) -> Plan:
    async with town.database.session(WEST) as session:
        here = await standing_at(session, town.targets[place])
        plan = await plan_of(session, here, file, data)
        if not plan.wrong and not dry:
            await apply(session, plan, here.branch, "test", "")
    return plan


def _toml(schedule: Schedule) -> bytes:
    return write(file_from_schedule(schedule), "about").encode()


async def _decided(town: Town) -> None:
    summer = Season(id="summer", name="Sommar", first=(6, 15), last=(8, 15), weekly=WEEK.weekly[:5] + ((),) * 2)
    rules = (HolidayRule(key="julafton", treatment=Treatment.CLOSED),)
    async with town.database.session(WEST) as session:
        await set_pattern(session, town.branches["nora"], replace(WEEK, seasons=(summer,), holiday_rules=rules), "anna")
        await put_exception(session, town.targets["nora"], _exception("own", CHRISTMAS), "anna")
        await put_exception(session, town.targets["west"], _exception("all", date(2026, 12, 31)), "anna")


async def test_export_and_import_again_changes_nothing(town: Town) -> None:
    await _decided(town)
    before = await _exported(town)

    plan = await _import(town, _toml(before), "nora.toml")

    assert plan.is_idle
    assert plan.notes == ()
    assert await _exported(town) == before


async def test_a_branch_becomes_what_another_branchs_file_says(town: Town) -> None:
    await _decided(town)
    async with town.database.session(WEST) as session:
        await put_exception(session, town.targets["lind"], _exception("lind-only", CHRISTMAS), "anna")
    nora = await _exported(town)

    plan = await _import(town, _toml(nora), "nora.toml", "lind")

    assert await _exported(town, "lind") == nora
    assert plan.removed == ("lind-only",)
    assert (await _import(town, _toml(await _exported(town, "lind")), "lind.toml", "lind")).is_idle


async def test_a_dry_run_writes_nothing_and_tells_each_day(town: Town) -> None:
    before = await _exported(town)
    file = replace(before, exceptions=(_exception("own", CHRISTMAS, date(2026, 12, 26)),))

    plan = await _import(town, _toml(file), "nora.toml", dry=True)
    async with town.database.reading(WEST) as session:
        told = await effects(session, plan, date(2026, 11, 22))

    assert await _exported(town) == before
    assert [(own.branch.id, [change.day.day for change in own.days]) for own in told] == [("nora", [24, 26])]


async def test_wider_levels_in_a_branchs_file_are_told_and_left(town: Town) -> None:
    await _decided(town)
    before = await _exported(town)
    own = tuple(exception for exception in before.exceptions if exception.level is Level.BRANCH)

    plan = await _import(town, _toml(replace(before, exceptions=own)), "nora.toml")

    assert [str(note.sentence) for note in plan.notes] == [
        "exception:consortium:all is not the same here; it is decided on its level and left as it is"
    ]
    assert await _exported(town) == before


async def test_a_consortiums_file_changes_its_own_exceptions_only(town: Town) -> None:
    await _decided(town)
    new = replace(_exception("strike", date(2026, 12, 1)), level=Level.CONSORTIUM)
    ignored = _exception("branch-thing", CHRISTMAS)

    plan = await _import(town, _toml(Schedule("Europe/Stockholm", exceptions=(new, ignored))), "all.toml", "west")

    async with town.database.reading(WEST) as session:
        ids = [view.id for view in await exceptions_at(session, town.targets["west"])]
        told = await effects(session, replace(plan, put=(), removed=()), date(2026, 11, 22))
    assert (ids, plan.removed) == (["strike"], ("all",))
    assert {own.branch.id for own in told} == {"nora", "gyttorp", "lind"}
    assert [own.id for own in (await _exported(town)).exceptions] == ["strike", "own"]


async def test_a_file_for_another_zone_is_refused(town: Town) -> None:
    plan = await _import(town, _toml(replace(await _exported(town), zone="Europe/Helsinki")), "nora.toml")

    assert "Europe/Helsinki" in str(plan.wrong[0].sentence)


async def test_a_branch_is_not_given_a_week_that_its_file_does_not_say(town: Town) -> None:
    before = await _exported(town)
    text = b'format = "meroppet-schedule-1"\nzone = "Europe/Stockholm"\n'

    plan = await _import(town, text, "nora.toml", dry=True)

    assert "weekly is missing" in str(plan.wrong[0].sentence)
    elsewhere = await _import(town, b"country = 'XX'\n" + text + b"weekly = {}\n", "nora.toml", dry=True)
    assert "country = 'XX': no holidays are known" in str(elsewhere.wrong[0].sentence)
    assert not (await _import(town, text, "all.toml", "west", dry=True)).wrong
    assert await _exported(town) == before


LIST = "2026-12-24;stängt;God jul!\n2026-12-28 – 2026-12-29;endast meröppet\n2027-01-04;meröppet 8-20\n"


async def test_a_list_imported_twice_is_imported_once(town: Town) -> None:
    first = await _import(town, LIST.encode(), "jul.csv")
    standing = await _exported(town)
    again = await _import(town, LIST.encode(), "jul.csv")

    assert [own.id for own in first.put] == ["list-20261224", "list-20261228-20261229", "list-20270104"]
    assert again.is_idle
    assert await _exported(town) == standing


async def test_only_self_service_is_the_usual_day_without_staff(town: Town) -> None:
    await _import(town, LIST.encode(), "jul.csv")

    alone = next(own for own in (await _exported(town)).exceptions if own.id == "list-20261228-20261229")
    assert [day.contents for day in alone.days] == [(OtherHours((Interval(360, 1320, ALONE),)),)]


async def test_a_line_changed_in_the_list_replaces_what_it_said(town: Town) -> None:
    await _import(town, LIST.encode(), "jul.csv")
    plan = await _import(town, LIST.replace("stängt", "meröppet 10-12").encode(), "jul.csv")

    assert [own.id for own in plan.put] == ["list-20261224"]
    assert len((await _exported(town)).exceptions) == 3


@pytest.mark.parametrize(
    ("data", "name", "place", "says"),
    [
        (b"2026-12-24;st\xe4ng", "jul.csv", "nora", "write one of"),
        (LIST.encode(), "jul.xlsx", "nora", "xlsx"),
        (b"PK\x03\x04\x00", "jul.csv", "nora", "holds no text"),
        (b"x" * 300_000, "jul.csv", "nora", "larger than 256 kB"),
        (LIST.encode(), "jul.csv", "west", "of one branch"),
        (b"format = 1", "jul.toml", "nora", "zone is missing"),
        (b"hello", "jul.ics", "nora", "iCalendar"),
    ],
)
async def test_where_anything_is_wrong_nothing_is_imported(
    town: Town, data: bytes, name: str, place: str, says: str
) -> None:
    before = await _exported(town)

    plan = await _import(town, data, name, place)

    assert says in " ".join(str(told.sentence) for told in plan.wrong)
    assert await _exported(town) == before
    async with town.database.session(WEST) as session:
        with pytest.raises(ValueError, match="nothing of a file"):
            await apply(session, plan, None, "test", "")
