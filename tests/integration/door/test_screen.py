"""The screen beside a whole door says what its display says, headed by the branch's name and time."""

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any

from door_controller.display_page import display_page
from meroppet.rules.reasons import Reason
from tests.integration.door.house import BERTIL, House


async def said(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next thing the page is told."""
    line = await reader.readuntil(b"\n\n")
    return dict(json.loads(line.partition(b"data: ")[2]))


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        with suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)


async def test_the_screen_says_what_the_display_says_and_where_it_is(house: House) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        house.fitted = {"display_port": int(probe.getsockname()[1])}
    await house.open()
    settings = house.settings()
    page = display_page(settings, house.door.device, house.door.place, house.door.face)
    serving = asyncio.create_task(page.run())

    async with asyncio.timeout(30):
        reader, writer = await connected(settings.display_port)
        writer.write(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while (told := await said(reader))["mood"] != "rest":
            pass
        await house.enter(BERTIL)
        await house.says(Reason.NO_PERMISSION)
        while (refused := await said(reader))["mood"] != "no":
            pass

    branch = house.door.device.replica.branch()
    assert branch is not None
    assert told["branch"] == branch.name
    assert len(told["clock"]) == len("13.00")
    assert [section["title"] for section in refused["sections"]] == [
        "Du har inte meröppet här ännu",
        "You do not have access here yet",
    ]
    writer.close()
    serving.cancel()
    await asyncio.wait([serving])
