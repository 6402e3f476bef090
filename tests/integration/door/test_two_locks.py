"""A door of more than one lock: a night lock on the same leaf, each under leases of its own."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from meroppet.rules.reasons import Reason
from meroppet.wire.commands import Action, Order
from tests.integration.door.house import ANNA, House, until


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House(night_lock=True)
    made.add_lock("night", kind="motor", motor_seconds=0.5)
    try:
        yield made
    finally:
        await made.close()


def released(house: House) -> set[str]:
    return {json.loads(detail)["lock"] for kind, detail in house.journal() if kind == "door.released"}


async def test_both_locks_of_a_leaf_let_a_patron_in(house: House) -> None:
    await house.open()
    await house.sees(lambda state: not state.night_locked)
    assert house.board.state().day_locked

    await house.enter(ANNA)
    await house.sees(lambda state: not state.locked)

    assert house.board.push_door()
    await until(lambda: released(house) == {"main", "night"})
    await house.sees(lambda state: state.day_locked)
    await until(lambda: [kind for kind, _ in house.journal()].count("door.opened") == 1)


async def test_the_night_lock_is_drawn_while_the_branch_is_open_and_thrown_when_it_closes(house: House) -> None:
    await house.open()
    await house.sees(lambda state: not state.night_locked)

    expires = datetime.now(UTC) + timedelta(seconds=30)
    house.server.order(Order(order="close", action=Action.CLOSE_NOW, expires=expires))
    await house.sees(lambda state: state.night_locked and state.day_locked)

    house.board.press_exit()
    await house.sees(lambda state: not state.locked, within=2)


async def test_the_exit_button_draws_the_bolt_too(house: House) -> None:
    await house.open(server=False)

    house.board.press_exit()

    await house.sees(lambda state: not state.locked, within=2)


async def test_a_night_lock_that_stays_shut_is_out_of_order_and_not_a_welcome(house: House) -> None:
    house.also = ()
    await house.open()

    await house.enter(ANNA)
    await house.says(Reason.OUT_OF_ORDER)

    await until(lambda: "door.release_failed" in house.server.kinds())
