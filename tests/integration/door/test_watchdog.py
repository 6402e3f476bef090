"""Whom the door's watchdog watches: every lane that lets somebody in or out turns, with nothing to do as well."""

from typing import Protocol

from door_controller.controller import LANE_MAY_TAKE
from tests.integration.door.house import House, until


class Lane(Protocol):
    """What the watchdog sees of each."""

    turned_at: float


async def test_every_lane_turns_while_nothing_happens(house: House) -> None:
    await house.open()
    lanes: tuple[Lane, ...] = (house.door.strike, house.door.entry, house.door.orders)
    before = [lane.turned_at for lane in lanes]

    await until(lambda: all(lane.turned_at > was for lane, was in zip(lanes, before, strict=True)))

    assert house.door.hanging() == ()


async def test_a_lane_that_no_longer_turns_is_named(house: House) -> None:
    await house.open()
    await house.stop_door()

    for lane, name in ((house.door.orders, "orders"), (house.door.entry, "entry"), (house.door.strike, "strike")):
        lane.turned_at -= LANE_MAY_TAKE
        assert name in house.door.hanging()
