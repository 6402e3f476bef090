"""A porch of two doors: who is let in through the outer one comes through the inner one when the outer has shut."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.door.house import ANNA, House, until


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    made.add_lock("inner")
    made.wire(inner_contact="inner_contact")
    try:
        yield made
    finally:
        await made.close()


async def test_the_inner_door_opens_when_the_outer_one_has_shut(house: House) -> None:
    await house.open()
    await house.enter(ANNA)
    await house.sees(lambda state: not state.locked)
    house.board.push_door()
    await house.sees(lambda state: state.locked)
    assert house.board.state().inner_locked

    house.board.shut_door()
    await house.sees(lambda state: not state.inner_locked)

    assert house.board.push_inner()
    await house.sees(lambda state: state.inner_locked)
    told = [detail for kind, detail in house.journal() if kind in {"door.opened", "door.released"}]
    assert [detail for detail in told if "inner" in detail]


async def test_nobody_is_let_in_while_the_inner_door_stands_open(house: House) -> None:
    await house.open()
    house.board.push_inner("inside")
    await until(lambda: house.door.locks.lanes["inner"].door.opened_at is not None)

    await house.enter(ANNA)
    await until(lambda: "access.granted" in [kind for kind, _ in house.journal()])

    await house.door.device.journal.unsent_count()
    assert house.board.releases == 0


async def test_the_way_out_asks_no_door_what_the_other_does(house: House) -> None:
    await house.open(server=False)
    house.board.push_inner("inside")

    house.board.press_exit()

    await house.sees(lambda state: not state.locked and not state.inner_locked, within=2)
