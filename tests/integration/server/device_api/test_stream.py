"""The stream over a real TLS socket: wake-ups, orders, heartbeats, and its end when a device is shut out."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from meroppet.wire.commands import Action, Order
from meroppet.wire.signing import BOOT_HEADER
from server.devices.orders import lasts_for, order
from server.devices.service import device as device_view
from server.devices.service import revoke
from server.schedules.service import set_pattern
from tests.fakes.signing_device import SigningDevice

from .conftest import House, listening, week


@asynccontextmanager
async def streaming(house: House, door: SigningDevice, url: str, last: int = 0) -> AsyncIterator["Stream"]:
    pinned = ssl.create_default_context(cadata=house.keys.ca_pem.decode())
    async with httpx2.AsyncClient(verify=pinned, base_url=url, trust_env=False) as client:
        request = replace(door, client=client).request("GET", "/stream")
        request.headers["Last-Event-ID"] = str(last)
        response = await client.send(request, stream=True)
        try:
            assert response.status_code == 200
            assert response.headers["Content-Type"].startswith("text/event-stream")
            yield Stream(response)
        finally:
            await response.aclose()


class Stream:
    """The words of a stream, one at a time."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.aiter_lines()

    async def word(self, within: float = 5.0) -> tuple[str, dict[str, Any]]:
        """The next event's name and data; heartbeats are passed over."""
        name, data = "", {}
        async with asyncio.timeout(within):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                elif not line and name:
                    return name, data
        return "end", {}

    async def raw(self, within: float = 5.0) -> str:
        async with asyncio.timeout(within):
            return await anext(self._lines)


async def open_once(house: House, door: SigningDevice) -> str:
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        view = await device_view(session, door.device)
        assert view is not None
        return (await order(session, view, Action.OPEN_ONCE, "Maj")).order


async def change_hours(house: House, branch: str = "skiljebo") -> None:
    view = house.branches[branch]
    async with house.database.session(view.scope) as session:
        await set_pattern(session, view, week(480, 1200), "staff")


async def test_a_change_wakes_the_device_within_a_second(house: House) -> None:
    door = await house.device()
    async with listening(house) as url, streaming(house, door, url) as stream:
        name, first = await stream.word()
        assert name == "changed"
        await change_hours(house)

        name, second = await stream.word(within=1.0)
        assert (name, second["change"] > first["change"]) == ("changed", True)


async def test_another_branchs_change_wakes_nobody_here(house: House) -> None:
    door = await house.device()
    async with listening(house) as url, streaming(house, door, url) as stream:
        await stream.word()
        await change_hours(house, "salastad")

        with pytest.raises(TimeoutError):
            await stream.word(within=0.3)


async def test_who_has_heard_everything_hears_nothing_until_something_changes(house: House) -> None:
    door = await house.device()
    newest = (await door.ask("GET", "/changes?after=0")).json()["next"]
    async with listening(house) as url, streaming(house, door, url, last=newest) as stream:
        await open_once(house, door)

        assert (await stream.word())[0] == "order"


async def test_an_order_is_told_once_on_a_stream_and_not_after_it_expired(house: House) -> None:
    door = await house.device()
    async with listening(house) as url:
        async with streaming(house, door, url, last=2**40) as stream:
            first = await open_once(house, door)
            second = await open_once(house, door)
            assert [(await stream.word())[1]["order"] for _ in range(2)] == [first, second]
        async with streaming(house, door, url, last=2**40) as stream:
            # A stream that broke may have lost them.
            assert {(await stream.word())[1]["order"] for _ in range(2)} == {first, second}
        house.clock.advance(timedelta(seconds=11))
        async with streaming(house, door, url, last=2**40) as stream:
            third = await open_once(house, door)
            assert (await stream.word())[1]["order"] == third


async def test_an_order_says_all_that_staff_said(house: House) -> None:
    door = await house.device()
    async with listening(house) as url, streaming(house, door, url, last=2**40) as stream:
        async with house.database.session(house.branches["skiljebo"].scope) as session:
            view = await device_view(session, door.device)
            assert view is not None
            longer = await order(session, view, Action.EXTEND, "Maj", change=7)
            left_out = await order(session, view, Action.LEAVE_OUT, "Maj", step="announce")

        said = [(await stream.word())[1] for _ in range(2)]

    assert [Order.model_validate(each) for each in said] == [longer, left_out]
    assert (longer.change, left_out.step) == (7, "announce")


@pytest.mark.parametrize(
    ("action", "lasts"),
    [(Action.OPEN_ONCE, timedelta(seconds=10)), (Action.ALARM_RESET, timedelta(seconds=10))]
    + [(action, timedelta(minutes=5)) for action in (Action.LOCK_DOWN, Action.CLOSE_NOW, Action.LIFT, Action.EXTEND)],
)
def test_who_stands_at_the_door_now_is_not_who_stands_there_later(action: Action, lasts: timedelta) -> None:
    assert lasts_for(action) == lasts


async def test_an_idle_stream_is_heard_to_live(house: House) -> None:
    door = await house.device()
    async with listening(house, heartbeat=1) as url, streaming(house, door, url, last=2**40) as stream:
        assert [await stream.raw() for _ in range(4)] == [": heartbeat", "", ": heartbeat", ""]


async def test_a_revoked_devices_stream_ends_at_once(house: House) -> None:
    door = await house.device()
    async with listening(house) as url, streaming(house, door, url) as stream:
        await stream.word()
        async with house.database.session(house.branches["skiljebo"].scope) as session:
            await revoke(session, door.device, "staff")

        assert (await stream.word(within=1.0))[0] == "end"


async def test_a_newer_boot_ends_the_stream_of_the_older(house: House) -> None:
    door = await house.device()
    async with listening(house) as url, streaming(house, door, url) as stream:
        await stream.word()
        assert (await door.boot("boot-2")).status_code == 200

        assert (await stream.word(within=1.0))[0] == "end"


async def test_a_stream_is_as_closed_to_strangers_as_the_rest(house: House) -> None:
    door = await house.device()

    response = await door.ask("GET", "/stream", boot="other")

    assert response.status_code == 401
    assert BOOT_HEADER not in response.headers
