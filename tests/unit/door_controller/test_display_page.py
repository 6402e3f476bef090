"""The page for a screen beside the door: the door's own words, for the machine itself alone, and nothing else."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from door_controller.display_page import FILES, DisplayPage, Panel
from door_controller.face import Face
from door_controller.fittings import Fittings
from door_controller.wording import LAMPS, REFUSED, Surroundings
from meroppet.rules.reasons import Reason
from meroppet.texts.legible import CAP_SHARE

PANEL = Panel(800, 480, 154.0, 600.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Screen:
    """A page that is served, and the face it shows."""

    def __init__(self) -> None:
        self.face = Face(Fittings(), ("sv", "ar"))
        self.port = free_port()
        self.page = DisplayPage(self.port, self.face, PANEL, lambda: ("Skiljebo", "13.00"))

    async def get(self, path: str, host: str = "localhost") -> tuple[str, bytes]:
        """The first line and the body."""
        reader, writer = await self.ask(path, host)
        whole = await reader.read()
        writer.close()
        head, _, body = whole.partition(b"\r\n\r\n")
        return head.decode().split("\r\n")[0], body

    async def ask(self, path: str, host: str = "localhost") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return reader, writer


@pytest.fixture
async def screen() -> AsyncIterator[Screen]:
    made = Screen()
    running = asyncio.create_task(made.page.run())
    async with asyncio.timeout(30):
        while not await is_open(made.port):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    yield made
    running.cancel()
    await asyncio.wait([running])


async def is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def told(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next thing the page is told."""
    async with asyncio.timeout(30):
        line = await reader.readuntil(b"\n\n")
    return dict(json.loads(line.partition(b"data: ")[2]))


@pytest.mark.parametrize("path", sorted(FILES))
async def test_everything_the_page_needs_comes_from_the_device_itself(path: str, screen: Screen) -> None:
    status, body = await screen.get(path)

    assert status == "HTTP/1.1 200 OK"
    assert body == _bytes(FILES[path][0])


def _bytes(file: Path) -> bytes:
    return file.read_bytes()


async def test_no_other_site_can_read_it_and_nothing_else_is_there(screen: Screen) -> None:
    assert (await screen.get("/", host="library.example"))[0] == "HTTP/1.1 403 Forbidden"
    assert (await screen.get("/status.json"))[0] == "HTTP/1.1 404 Not Found"


async def test_every_change_is_told_in_every_language_with_its_direction(screen: Screen) -> None:
    screen.face.show(screen.face.words.asking(2))
    reader, writer = await screen.ask("/live")

    first = await told(reader)
    screen.face.show(screen.face.words.told(Reason.WRONG_PIN, Surroundings("0771-00 00 00")))
    second = await told(reader)
    writer.close()

    assert (first["mood"], first["dots"], first["branch"], first["clock"]) == ("ask", 2, "Skiljebo", "13.00")
    assert (second["mood"], second["dots"]) == ("no", None)
    swedish, arabic = second["sections"]
    assert (swedish["lang"], swedish["dir"], swedish["notes"]) == ("sv", "ltr", ["Hjälp: 0771-00 00 00"])
    assert (arabic["lang"], arabic["dir"]) == ("ar", "rtl")


def test_a_capital_letter_is_as_high_as_the_norm_wants_on_a_small_panel() -> None:
    """7.3 mm at 600 mm; the page's unit is in proportion, so the panel's own height gives it back."""
    down = float(PANEL.stylesheet().split("vw, ")[1].split("vh")[0])

    text_mm = down / 100 * 480 / (800 / 154.0)

    assert text_mm * CAP_SHARE == pytest.approx(7.33, abs=0.02)


def test_every_lamp_has_a_colour_and_a_shape_on_the_page() -> None:
    page = DisplayPage(0, Face(Fittings()), PANEL, lambda: ("", ""))
    style = FILES["/page.css"][0].read_text()

    for lamp in {*LAMPS.values(), REFUSED}:
        text = page._face.words.asking(0)
        mood = page._told(type(text)(text.sections, lamp, None))["mood"]
        assert f'body[data-mood="{mood}"] {{ --d-shape:' in style
