"""What a whole door does in hours that are otherwise: events, maintenance, an emergency, pauses, a first person in."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.exceptions import (
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    OrderKind,
    ScheduleException,
)
from meroppet.rules.exceptions import Order as HoursOrder
from meroppet.rules.intervals import Window
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import ClosingPlan, Schedule
from meroppet.texts import DoorLine
from meroppet.wire.commands import Action, Order
from meroppet.wire.schedule_convert import exception_to_wire, order_to_wire
from meroppet.wire.schedules import ListDocument
from tests.fakes.server_double import ALWAYS, NEVER, STAFFED
from tests.integration.door.house import ANNA, BERTIL, House, until

FREE = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)
WHY = (("sv", "Vattenläcka på plan 2"), ("en", "A water leak"))
WAITING = Schedule("Europe/Stockholm", STAFFED.weekly, first_person_in=True)


def these_days(content: Content) -> ScheduleException:
    """Yesterday to tomorrow, so that no test minds midnight."""
    today = datetime.now(ZoneInfo("Europe/Stockholm")).date()
    day = ExceptionDay(first=today - timedelta(days=1), last=today + timedelta(days=1), contents=(content,))
    return ScheduleException(id="evening", level=Level.BRANCH, days=(day,), reasons=WHY)


def decide(house: House, content: Content) -> None:
    house.server.put("exception", exception_to_wire(these_days(content)), "evening")


def close_now(house: House, start: datetime, end: datetime | None = None) -> None:
    order = HoursOrder(id="now", level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=start, end=end, reasons=WHY)
    house.server.put("order", order_to_wire(order), "now")


def invite(house: House, key: str, *cards: str) -> None:
    house.server.put("listed", ListDocument(subjects=tuple(house.server.subject(card) for card in cards)), key)


def states(house: House) -> list[str]:
    """What the branch has become, as this device's journal has it."""
    return [json.loads(detail)["state"] for kind, detail in house.journal() if kind == "branch.state"]


async def test_an_event_for_all_opens_the_door_at_once_and_its_end_locks_it(house: House) -> None:
    await house.open(schedule=NEVER)

    decide(house, Event(Window()))
    await house.sees(lambda state: not state.locked)
    await house.says(DoorLine.EVENT)
    await house.walk_in()

    house.server.put("exception", None, "evening")
    await house.sees(lambda state: state.locked)
    await until(lambda: states(house) == ["closed", "event", "closed"])
    causes = [json.loads(detail)["cause"] for kind, detail in house.journal() if kind == "door.released"]
    assert causes == ["event"]


async def test_an_event_for_the_invited_is_for_them_and_nobody_else(house: House) -> None:
    await house.open(schedule=NEVER)
    invite(house, "evening", BERTIL.card)
    decide(house, Event(Window(), listed_only=True))
    await house.says(DoorLine.INVITED)

    await house.enter(ANNA)
    await house.says(Reason.INVITED_ONLY)
    assert house.board.releases == 0
    assert house.refusals() == ["invited_only"]

    await house.enter(BERTIL)
    await house.says(Reason.GRANTED)
    assert house.board.releases == 1


async def test_an_invitation_opens_nothing_without_the_right_pin(house: House) -> None:
    await house.open(schedule=NEVER)
    invite(house, "evening", BERTIL.card)
    decide(house, Event(Window(), listed_only=True))
    await house.says(DoorLine.INVITED)

    await house.enter(BERTIL, "0000")
    await house.says(Reason.WRONG_PIN)

    assert house.board.releases == 0


@pytest.mark.parametrize("reason", [Reason.EMERGENCY_CLOSED, Reason.MAINTENANCE])
async def test_while_only_staff_may_come_in_a_patron_is_refused_at_once_and_staff_with_a_pin(
    house: House, reason: Reason
) -> None:
    await house.open()
    invite(house, "staff", BERTIL.card)
    if reason is Reason.MAINTENANCE:
        decide(house, Maintenance())
    else:
        close_now(house, datetime.now(UTC) - timedelta(seconds=1))
    said = await house.says(reason)
    assert "Vattenläcka på plan 2." in said[1]

    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == [reason.value])
    assert house.server.asked == []

    await house.enter(BERTIL)
    await house.says(Reason.GRANTED)
    assert house.board.releases == 1


async def test_in_plain_closed_hours_the_staffs_list_opens_nothing(house: House) -> None:
    await house.open(schedule=NEVER)
    invite(house, "staff", BERTIL.card)
    await until(lambda: house.door.device.replica.listed("staff"))

    house.board.tap(BERTIL.card)

    await until(lambda: house.refusals() == ["closed"])


async def test_close_now_begins_and_ends_at_its_second(house: House) -> None:
    await house.open(policy=FREE, schedule=STAFFED)
    await house.sees(lambda state: not state.locked)
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    end = start + timedelta(seconds=2)

    close_now(house, start, end)
    await house.sees(lambda state: state.locked, within=8)
    await house.sees(lambda state: not state.locked, within=8)

    await until(lambda: states(house) == ["staffed", "emergency_closed", "staffed"])
    with sqlite3.connect(house.folder / "state" / "journal.db") as connection:
        rows = connection.execute("SELECT wall FROM row WHERE kind = 'branch.state' ORDER BY seq").fetchall()
    connection.close()
    shut, opened = (datetime.fromisoformat(wall) for (wall,) in rows[1:])
    # Never early; late only as far as a busy machine is.
    assert start <= shut < start + timedelta(seconds=2)
    assert end <= opened < end + timedelta(seconds=2)


async def test_after_the_last_entry_nobody_new_comes_in_and_the_door_stands_free_no_more(house: House) -> None:
    closing = ClosingPlan(last_entry=60)
    await house.open(policy=FREE, schedule=Schedule("Europe/Stockholm", STAFFED.weekly, closing=closing))
    await house.sees(lambda state: not state.locked)

    close_now(house, datetime.now(UTC) + timedelta(minutes=30))
    await house.sees(lambda state: state.locked)
    await house.says(Reason.LAST_ENTRY)
    house.board.tap(ANNA.card)

    await until(lambda: house.refusals() == ["last_entry"])
    assert states(house) == ["staffed"]
    assert (await house.door.facts())["pause"] == "last_entry"
    house.board.press_exit()
    await house.sees(lambda state: not state.locked)


async def test_staffed_hours_begin_with_the_first_of_the_staff_and_survive_a_restart(house: House) -> None:
    await house.open(policy=FREE, schedule=WAITING)
    invite(house, "staff", BERTIL.card)
    await house.says(Reason.AWAITING_STAFF)
    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == ["awaiting_staff"])
    assert (await house.door.facts())["staff_awaited"] is True

    await house.enter(BERTIL)
    await house.says(Reason.GRANTED)
    await until(lambda: states(house) == ["closed", "staffed"])
    await house.walk_in()
    await house.sees(lambda state: not state.locked)
    await house.says(DoorLine.STAFFED, within=8)

    await house.stop_door()
    await house.sees(lambda state: state.locked)
    await house.start_door()
    await house.sees(lambda state: not state.locked)


async def test_whoever_of_the_staff_opens_from_afar_is_the_first_person_too(house: House) -> None:
    await house.open(policy=FREE, schedule=WAITING)
    await house.says(Reason.AWAITING_STAFF)

    house.server.order(Order(order="o1", action=Action.OPEN_ONCE, expires=datetime.now(UTC) + timedelta(seconds=30)))

    await until(lambda: states(house) == ["closed", "staffed"])
    await house.sees(lambda state: not state.locked)


async def test_where_no_staff_have_come_a_patron_uses_the_self_service_beneath(house: House) -> None:
    both = tuple((*day, *night) for day, night in zip(ALWAYS.weekly, STAFFED.weekly, strict=True))
    await house.open(policy=FREE, schedule=Schedule("Europe/Stockholm", both, first_person_in=True))

    await house.enter(ANNA)
    await house.says(Reason.GRANTED)

    assert states(house) == ["self_service"]


async def _nothing(house: House) -> None:
    """The hours stay as they are."""


async def _event(house: House) -> None:
    decide(house, Event(Window()))


async def _invited(house: House) -> None:
    decide(house, Event(Window(), listed_only=True))


async def _maintenance(house: House) -> None:
    decide(house, Maintenance())


async def _emergency(house: House) -> None:
    close_now(house, datetime.now(UTC) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("schedule", "change", "state"),
    [
        (ALWAYS, _nothing, BranchState.SELF_SERVICE),
        (STAFFED, _nothing, BranchState.STAFFED),
        (NEVER, _nothing, BranchState.CLOSED),
        (WAITING, _nothing, BranchState.CLOSED),
        (NEVER, _event, BranchState.EVENT),
        (NEVER, _invited, BranchState.EVENT),
        (ALWAYS, _maintenance, BranchState.MAINTENANCE),
        (ALWAYS, _emergency, BranchState.EMERGENCY_CLOSED),
    ],
)
async def test_the_way_out_is_open_in_every_state(
    house: House, schedule: Schedule, change: Callable[[House], Awaitable[None]], state: BranchState
) -> None:
    await house.open(schedule=schedule)
    await change(house)
    await until(lambda: states(house)[-1:] == [state.value])
    before = house.board.releases

    house.board.press_exit()

    await house.sees(lambda seen: not seen.locked)
    assert house.board.push_door()
    assert change is _event or house.board.releases == before + 1
    await until(lambda: "door.opened" in house.server.kinds())
    assert "door.forced" not in house.server.kinds()
