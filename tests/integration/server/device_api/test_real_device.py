"""A real device over a real TLS socket: what both sides were built to, they do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from meroppet.device.device import Device, DeviceSettings, open_device
from meroppet.device.enrol import enrol
from meroppet.device.errors import EnrolmentFailed
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import Right
from meroppet.rules.events import AccessGranted
from meroppet.rules.intervals import Week
from meroppet.rules.terms import TermsStanding
from meroppet.wire.commands import Action, Order
from meroppet.wire.enrolment import DeviceKind, Invitation
from server.devices.orders import order
from server.devices.service import device as device_view
from server.devices.service import invite, revoke
from server.journal.service import decisions_of_card
from server.schedules.service import set_pattern

from .conftest import ASTRID, PIN, House, listening, week

CARD = CardNumber(ASTRID)


async def invitation(house: House, url: str) -> Invitation:
    view = house.branches["skiljebo"]
    async with house.database.session(view.scope) as session:
        return await invite(session, house.keys, view, kind=DeviceKind.DOOR, name="Dörr", by="Maj", url=url)


def written(device: Device) -> Week | None:
    hours = device.replica.hours()
    return None if hours is None else hours.schedule.weekly


@asynccontextmanager
async def running(house: House, url: str, folder: Path, orders: list[Order]) -> AsyncIterator[Device]:
    await enrol((await invitation(house, url)).text(), DeviceKind.DOOR, folder, "1")
    settings = DeviceSettings(state_dir=folder)
    device = open_device(settings, DeviceKind.DOOR, house.clock, version="1", on_order=orders.append)
    syncing = asyncio.create_task(device.run())
    try:
        await until(lambda: device.keys is not None and device.replica.hours() is not None)
        yield device
    finally:
        syncing.cancel()
        with suppress(asyncio.CancelledError):
            await syncing
        await device.close()


async def until(true: Callable[[], bool], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 (looks at what many tasks change)
            await asyncio.sleep(0.01)


async def test_what_staff_change_reaches_the_door_and_its_rows_arrive(house: House, tmp_path: Path) -> None:
    view, orders = house.branches["skiljebo"], list[Order]()
    async with listening(house) as url, running(house, url, tmp_path / "door", orders) as door:
        assert written(door) == week(360, 1320).weekly

        async with house.database.session(view.scope) as session:
            await set_pattern(session, view, week(480, 1200), "Maj")
        await until(lambda: written(door) == week(480, 1200).weekly)

        await house.give(Right(permitted=True))
        subject = door.digest(CARD)
        assert subject is not None
        open_right = Right(permitted=True, terms=TermsStanding.NOT_NEEDED)
        await until(lambda: door.replica.right(subject) == open_right)

        answer = await door.channel.verify("a1", CARD, Pin(PIN))
        assert (answer.pin, answer.subject) == ("right", subject)
        assert await door.sync.wait_for_change(answer.change, 0)

        async with house.database.session(view.scope) as session:
            known = await device_view(session, door.identity.device)
            assert known is not None
            given = await order(session, known, Action.OPEN_ONCE, "Maj")
        await until(lambda: orders == [given])

        await door.journal.write(AccessGranted("a1", "ils"), subject)
        async with asyncio.timeout(5):
            while await door.journal.unsent_count():  # noqa: ASYNC110 (the push task tells nobody)
                await asyncio.sleep(0.01)
        async with house.database.reading(view.scope) as session:
            found = await decisions_of_card(session, house.keys, view, CARD, register="vastmanland")
        assert [event.kind for event in found] == ["access.granted"]


async def test_a_revoked_door_loses_its_keys(house: House, tmp_path: Path) -> None:
    async with listening(house) as url, running(house, url, tmp_path / "door", []) as door:
        async with house.database.session(house.branches["skiljebo"].scope) as session:
            assert await revoke(session, door.identity.device, "Maj")

        await until(lambda: door.keys is None, within=5.0)


async def test_a_code_that_was_used_enrols_no_second_door(house: House, tmp_path: Path) -> None:
    async with listening(house) as url:
        text = (await invitation(house, url)).text()
        await enrol(text, DeviceKind.DOOR, tmp_path / "one", "1")

        with pytest.raises(EnrolmentFailed):
            await enrol(text, DeviceKind.DOOR, tmp_path / "two", "1")


async def test_a_server_with_another_ca_is_not_spoken_to(house: House, tmp_path: Path) -> None:
    async with listening(house) as url:
        made = await invitation(house, url)
        other = Invitation(made.url, made.token, "0" * 64)

        with pytest.raises(EnrolmentFailed):
            await enrol(other.text(), DeviceKind.DOOR, tmp_path / "door", "1")
