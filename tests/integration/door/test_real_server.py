"""The same door before the real server, which asks a register over SIP2: nothing between them is a double."""

from collections.abc import AsyncIterator

import pytest

from meroppet.ils.acs_simulator import Fault
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.reasons import Reason
from meroppet.wire.commands import Action
from server.devices.orders import order
from server.devices.service import devices_of, revoke
from tests.fakes import server_double
from tests.integration.door.house import House, until
from tests.integration.door.town import ASTRID, BERTIL, Town, open_town


@pytest.fixture
async def town(house: House) -> AsyncIterator[Town]:
    async with open_town(house, [ASTRID, BERTIL], Policy(minimum_age=18)) as made:
        yield made


async def test_a_whole_visit(town: Town) -> None:
    house = town.house

    await house.enter(ASTRID)
    await house.says(Reason.GRANTED)
    await house.walk_in()
    await town.has("door.shut")

    walk = [kind for kind in reversed(await town.kinds()) if kind.startswith(("access", "door"))]
    assert walk == ["access.granted", "door.released", "door.opened", "door.shut"]


async def test_refusals_of_a_real_register(town: Town) -> None:
    house = town.house

    for patron, pin, reason in (
        (BERTIL, BERTIL.pin, Reason.NO_PERMISSION),
        (ASTRID, "0000", Reason.WRONG_PIN),
        (server_double.Patron("Z9999999", "7305"), "7305", Reason.UNKNOWN_CARD),
    ):
        await house.enter(patron, pin)
        await house.says(reason)

    assert house.refusals() == [Reason.NO_PERMISSION, Reason.WRONG_PIN, Reason.UNKNOWN_CARD]
    assert house.board.releases == 0


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        (Fault.HANG, {Reason.ILS_UNAVAILABLE}),
        (Fault.CLOSE, {Reason.ILS_UNAVAILABLE}),
        (Fault.WRONG_PATRON, {Reason.REGISTER_CONTRADICTION, Reason.ILS_UNAVAILABLE}),
    ],
)
async def test_a_register_at_fault_lets_nobody_in(town: Town, fault: Fault, reasons: set[Reason]) -> None:
    town.register.control.fault = fault

    await town.house.enter(ASTRID)
    await until(town.house.refusals)

    assert set(town.house.refusals()) <= reasons
    assert town.house.board.releases == 0


async def test_what_staff_take_away_is_gone_before_the_next_verdict(town: Town) -> None:
    await town.right(ASTRID.card, Right(permitted=False))

    await town.house.enter(ASTRID)
    await town.house.says(Reason.NO_PERMISSION)

    assert town.house.board.releases == 0


async def test_staff_open_the_door_once(town: Town) -> None:
    async with town.server.database.session(town.branch.scope) as session:
        (device,) = await devices_of(session, town.branch.id)
        await order(session, device, Action.OPEN_ONCE, "staff")

    await town.house.sees(lambda state: not state.locked)
    await town.has("door.released")

    assert "order.answered" in await town.kinds()


async def test_a_revoked_door_admits_nobody(town: Town) -> None:
    async with town.server.database.session(town.branch.scope) as session:
        (device,) = await devices_of(session, town.branch.id)
        await revoke(session, device.id, "staff")

    await until(lambda: town.house.door.device.keys is None)
    town.house.board.tap(ASTRID.card)
    await until(town.house.refusals)

    assert town.house.refusals() == [Reason.NO_POLICY]


async def test_a_new_boot_after_a_restart_is_accepted(town: Town) -> None:
    await town.house.stop_door()
    await town.house.start_door()
    await until(lambda: town.house.door.device.keys is not None)

    await town.house.enter(ASTRID)
    await town.house.says(Reason.GRANTED)
