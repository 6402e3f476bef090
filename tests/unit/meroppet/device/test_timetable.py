"""A device's hours: made of every document or not at all, in the server's order, kept while nothing changes."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from meroppet.device.replica import Replica
from meroppet.device.timetable import Timetable
from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, NotBefore, Order, OrderKind, ScheduleException
from meroppet.rules.intervals import DEFAULT_WEEK
from meroppet.rules.schedule import Holiday, HolidayRule, HostHours, Schedule, Treatment
from meroppet.wire.changes import ChangesReply, Kind, Tombstone, Upsert, write_snapshot
from meroppet.wire.schedule_convert import (
    exception_to_wire,
    holidays_to_wire,
    in_order,
    order_to_wire,
    pattern_to_wire,
)
from meroppet.wire.schedules import ListDocument
from tests.fakes.snapshots import install

ZONE = "Europe/Stockholm"
TEG = Schedule(ZONE)
MONDAY = date(2025, 4, 7)
NOON = datetime(2025, 4, 7, 10, 0, tzinfo=UTC)
ANNA, BERTIL = "ab" * 16, "cd" * 16
OLD_SHAPE: dict[str, object] = {"zone": ZONE, "weekly": [[{"start": 360, "end": 1320, "state": "self_service"}]] * 7}


def decision(name: str, level: Level = Level.BRANCH, decided: datetime | None = None) -> ScheduleException:
    contents = (Closed(),) if name == "kickoff" else (NotBefore(600),)
    days = (ExceptionDay(first=MONDAY, last=MONDAY, contents=contents),)
    return ScheduleException(id=name, level=level, days=days, decided_at=decided)


def order(name: str = "now") -> Order:
    end = NOON + timedelta(hours=1)
    return Order(id=name, level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=NOON, end=end)


def upsert(kind: Kind, value: BaseModel | dict[str, object], key: str = "-") -> Upsert:
    said = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return Upsert(kind=kind, key=key, value=said)


def bomb(what: str) -> dict[str, object]:
    """A day in so many parts that a door would look at nothing else for a minute."""
    parts = [f"{at // 60:02}:{at % 60:02}-{(at + 1) // 60:02}:{(at + 1) % 60:02}" for at in range(1400)]
    said = [{"hours": part} for part in parts] if what == "events" else parts
    return {"id": "late", "level": "branch", "days": [{"first": "2025-04-07", what: said}]}


def everything(schedule: Schedule) -> list[Upsert]:
    """A schedule as the server tells it."""
    return [
        upsert("schedule", pattern_to_wire(schedule)),
        upsert("holidays", holidays_to_wire(schedule.holidays, schedule.known_until)),
        *(upsert("exception", exception_to_wire(item), item.id) for item in schedule.exceptions),
        *(upsert("order", order_to_wire(item), item.id) for item in schedule.orders),
    ]


def tell(replica: Replica, *upserts: Upsert, gone: tuple[Tombstone, ...] = ()) -> None:
    replica.write(ChangesReply(upserts=upserts, tombstones=gone, next=replica._cursor + 1))
    replica.refresh()


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = Replica(tmp_path / "replica")
    yield made
    made.close()


WHOLE = replace(
    TEG,
    holidays=(Holiday(date(2025, 4, 18), "langfredagen"),),
    holiday_rules=(HolidayRule(key="langfredagen", treatment=Treatment.CLOSED),),
    exceptions=in_order([decision("kickoff"), decision("late", Level.CONSORTIUM, NOON)]),
    orders=(order(),),
    known_until=date(2026, 5, 31),
)


def test_hours_are_made_of_everything_that_is_written_down(replica: Replica) -> None:
    tell(replica, *reversed(everything(WHOLE)))

    hours = replica.hours()

    assert hours is not None
    assert hours.schedule == WHOLE
    assert replica.why_no_hours() == ""


def test_a_snapshot_holds_all_of_it_and_a_restart_keeps_it(replica: Replica, tmp_path: Path) -> None:
    staff = upsert("listed", ListDocument(subjects=(ANNA,)), "staff")
    install(replica, write_snapshot(7, [*everything(WHOLE), staff], []))
    replica.close()

    again = Replica(tmp_path / "replica")
    hours = again.hours()

    assert hours is not None
    assert (hours.schedule, again.listed("staff"), again.cursor()) == (WHOLE, {ANNA}, 7)
    again.close()


def test_each_part_comes_and_goes_by_itself(replica: Replica) -> None:
    tell(replica, *everything(TEG), upsert("order", order_to_wire(order()), "now"))
    ordered = replica.hours()
    tell(replica, gone=(Tombstone(kind="order", key="now"),))
    usual = replica.hours()

    assert ordered is not None
    assert usual is not None
    assert ordered.state_at(NOON).state is BranchState.EMERGENCY_CLOSED
    assert usual.state_at(NOON).state is BranchState.SELF_SERVICE


def test_what_was_worked_out_of_an_unchanged_schedule_is_kept(replica: Replica) -> None:
    tell(replica, *everything(WHOLE))
    before = replica.hours()
    tell(replica, upsert("listed", ListDocument(subjects=(ANNA,)), "staff"))
    tell(replica, *everything(WHOLE))

    assert replica.hours() is before
    tell(replica, upsert("schedule", pattern_to_wire(replace(TEG, first_person_in=True))))
    assert replica.hours() is not before


@pytest.mark.parametrize(
    ("strange", "why"),
    [
        (upsert("schedule", OLD_SHAPE), "schedule cannot be understood: weekly"),
        (upsert("schedule", pattern_to_wire(TEG).model_dump(mode="json") | {"moon": "full"}), "schedule cannot be"),
        (
            upsert(
                "exception", exception_to_wire(decision("late")).model_dump(mode="json") | {"level": "king"}, "late"
            ),
            "exception late cannot be understood: level: Input should be 'consortium'",
        ),
        (upsert("exception", {"id": "late", "hovering": True}, "late"), "exception late cannot be understood: level"),
        (upsert("exception", bomb("closed"), "late"), "exception late cannot be understood: days.0.closed"),
        (upsert("exception", bomb("events"), "late"), "exception late cannot be understood: days.0.events"),
        (upsert("order", order_to_wire(order()).model_dump(mode="json") | {"kind": "party"}, "now"), "order now"),
        (upsert("holidays", {"days": [{"day": "tomorrow", "key": "x"}]}), "holidays cannot be understood: days.0.day"),
    ],
)
def test_one_document_that_is_not_understood_closes_the_branch(
    replica: Replica, caplog: pytest.LogCaptureFixture, strange: Upsert, why: str
) -> None:
    tell(replica, *everything(TEG))
    tell(replica, strange)
    tell(replica, upsert("listed", ListDocument(), "staff"))

    assert replica.hours() is None
    assert why in replica.why_no_hours()
    assert "\n" not in replica.why_no_hours()
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.message for record in said] == ["there are no hours: the branch is closed"]


def test_the_branch_is_open_again_when_the_document_is_understood(replica: Replica) -> None:
    tell(replica, *everything(TEG), upsert("exception", {"id": "late"}, "late"))
    tell(replica, gone=(Tombstone(kind="exception", key="late"),))

    assert replica.hours() is not None
    assert replica.why_no_hours() == ""


@pytest.mark.parametrize(
    "pattern",
    [
        replace(TEG, holiday_rules=(HolidayRule(key="julafton", treatment=Treatment.CLOSED),)),
        replace(TEG, host=HostHours(name="Ica", weekly=((),) * 7, holidays=(("julafton", ()),))),
    ],
)
def test_rules_for_holidays_are_nothing_without_the_holidays(replica: Replica, pattern: Schedule) -> None:
    tell(replica, upsert("schedule", pattern_to_wire(pattern)))
    assert replica.hours() is None
    assert "which days are holidays" in replica.why_no_hours()

    tell(replica, upsert("holidays", holidays_to_wire((), date(2026, 5, 31))))
    assert replica.hours() is not None


def test_a_week_without_rules_for_holidays_stands_by_itself(replica: Replica) -> None:
    tell(replica, upsert("schedule", pattern_to_wire(TEG)))
    hours = replica.hours()

    assert hours is not None
    assert (hours.schedule.weekly, hours.schedule.known_until) == (DEFAULT_WEEK, None)


def test_exceptions_without_a_pattern_are_no_hours(replica: Replica) -> None:
    assert "has not told" in replica.why_no_hours()
    tell(replica, upsert("exception", exception_to_wire(decision("late")), "late"))

    assert replica.hours() is None
    assert "has not said its hours" in replica.why_no_hours()


def test_documents_of_another_version_are_asked_for_anew_once_a_start(replica: Replica, tmp_path: Path) -> None:
    tell(replica, upsert("schedule", OLD_SHAPE))
    replica.close()

    again = Replica(tmp_path / "replica")
    assert (again.cursor(), again.hours()) == (0, None)

    install(again, write_snapshot(9, everything(TEG), []))
    assert again.cursor() == 9
    assert again.hours() is not None
    again.close()


def test_a_document_nobody_here_understands_is_not_asked_for_again_and_again(replica: Replica) -> None:
    install(replica, write_snapshot(9, [upsert("schedule", OLD_SHAPE)], []))

    assert replica.cursor() == 9


def test_nobody_is_on_a_list_that_is_not_there_or_not_understood(replica: Replica) -> None:
    tell(
        replica,
        upsert("listed", ListDocument(subjects=(ANNA, BERTIL)), "staff"),
        upsert("listed", {"subjects": ["Anna Andersson"]}, "party"),
    )

    assert replica.listed("staff") == {ANNA, BERTIL}
    assert replica.listed("party") == replica.listed("other") == frozenset()
    tell(replica, gone=(Tombstone(kind="listed", key="staff"),))
    assert replica.listed("staff") == frozenset()


def test_other_documents_change_no_hours() -> None:
    timetable = Timetable()
    timetable.take({("schedule", "-"): pattern_to_wire(TEG).model_dump_json()})
    hours = timetable.hours
    timetable.take({("schedule", "-"): pattern_to_wire(TEG).model_dump_json(), ("policy", "-"): "{}"})

    assert timetable.hours is hours
