"""Orders of staff that lock, lift and reset, over a real door and a real lock; each is answered once."""

import json
from datetime import UTC, datetime, timedelta

from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.reasons import Reason
from meroppet.wire.commands import Action, Order
from tests.fakes.server_double import STAFFED
from tests.integration.door.house import ANNA, House, until

FREE = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)


def give(house: House, action: Action, name: str, change: int | None = None, seconds: float = 30) -> None:
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    house.server.order(Order(order=name, action=action, expires=expires, change=change))


def answers(house: House) -> dict[str, str]:
    """Each order's answer: done, or why not."""
    told = [json.loads(detail) for kind, detail in house.journal() if kind == "order.answered"]
    assert len({each["order"] for each in told}) == len(told), "answered twice"
    return {each["order"]: "done" if each["done"] else each["reason"] for each in told}


async def test_a_locked_down_door_locks_at_once_and_a_restart_does_not_lift_it(house: House) -> None:
    await house.open(policy=FREE, schedule=STAFFED)
    await house.sees(lambda state: not state.locked)

    give(house, Action.LOCK_DOWN, "down")
    await house.sees(lambda state: state.locked)
    await until(lambda: answers(house) == {"down": "done"})
    await house.stop_door()
    await house.start_door()
    await until(lambda: house.door.device.link.is_up)
    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == [Reason.EMERGENCY_CLOSED.value])
    assert house.board.state().locked
    give(house, Action.OPEN_ONCE, "open")
    await until(lambda: answers(house).get("open") == "locked_down")

    give(house, Action.LIFT, "lift")

    await house.sees(lambda state: not state.locked)


async def test_the_way_out_is_open_while_a_door_is_locked_down(house: House) -> None:
    await house.open()
    give(house, Action.LOCK_DOWN, "down")
    await until(lambda: answers(house) == {"down": "done"})

    house.board.press_exit()

    await house.sees(lambda state: not state.locked, within=2)


async def test_staff_close_a_branch_at_once_and_open_it_again(house: House) -> None:
    await house.open()

    give(house, Action.CLOSE_NOW, "close")
    await until(lambda: answers(house) == {"close": "done"})
    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == [Reason.CLOSED.value])
    give(house, Action.LIFT, "lift")
    await until(lambda: answers(house).get("lift") == "done")

    await house.enter(ANNA)
    await house.sees(lambda state: not state.locked)


async def test_staff_reset_a_fire_from_afar_but_not_one_that_burns(house: House) -> None:
    house.wire(fire="fire")
    await house.open()
    house.board.make("fire")
    await until(lambda: house.door.strike.door.burning)

    give(house, Action.ALARM_RESET, "early")
    await until(lambda: answers(house).get("early") == "fire")
    house.board.unmake("fire")
    await until(lambda: not house.door.strike.door.fire)
    give(house, Action.ALARM_RESET, "late")

    await until(lambda: not house.door.strike.door.burning)
    assert answers(house)["late"] == "done"


async def test_longer_hours_are_answered_when_they_have_arrived(house: House) -> None:
    await house.open()
    known = house.door.device.replica.cursor()

    give(house, Action.EXTEND, "longer", change=known + 1)
    await until(lambda: house.door.orders.standing.waiting)
    assert answers(house) == {}
    house.server.open_branch(FREE, STAFFED)

    await until(lambda: answers(house) == {"longer": "done"})
