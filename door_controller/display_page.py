"""A page for a screen beside the door, on the loopback: the same words as on a small display, as large as they must be.

Nothing is asked of it and nothing about anybody stands on it; a browser in kiosk mode shows it (docs/installer.md).
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from door_controller.face import Face
from door_controller.settings import DoorSettings
from door_controller.site import Place
from door_controller.status_page import is_for_the_device_itself
from door_controller.wording import DisplayText, Lamp
from hardware.ports import Colour
from meroppet import texts
from meroppet.device.device import Device
from meroppet.texts.legible import smallest_text_px

OWN = Path(__file__).parent / "static"
VENDOR = Path(texts.__file__).parents[1] / "pages" / "static" / "vendor"
REQUEST_WITHIN = 2.0
AGAIN_WITHIN = 5.0
"""Seconds after which the page hears from the door though nothing has changed; it greys out when it does not."""
SMALLEST_PX = 16
ICONS = ("nfc", "keyboard", "timer", "circle-check", "circle-x", "triangle-alert", "moon")
FONTS = tuple(f"atkinson-{part}-{weight}" for part in ("latin", "latin-ext") for weight in (400, 700))
FILES: dict[str, tuple[Path, str]] = {
    "/": (OWN / "page.html", "text/html; charset=utf-8"),
    "/page.css": (OWN / "page.css", "text/css; charset=utf-8"),
    "/page.js": (OWN / "page.js", "text/javascript; charset=utf-8"),
    **{f"/icons/{name}.svg": (VENDOR / "icons" / f"{name}.svg", "image/svg+xml") for name in ICONS},
    **{f"/fonts/{name}.woff2": (VENDOR / "fonts" / f"{name}.woff2", "font/woff2") for name in FONTS},
}
_HEADERS = (
    "Cache-Control: no-store",
    (
        "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self';"
        " img-src 'self'; connect-src 'self'"
    ),
    "X-Content-Type-Options: nosniff",
    "Connection: close",
)
_MOODS: dict[Lamp, str] = {
    Lamp(Colour.BLUE): "rest",
    Lamp(Colour.GREEN): "yes",
    Lamp(Colour.RED): "no",
    Lamp(Colour.RED, blinking=True): "broken",
    Lamp(Colour.AMBER, blinking=True): "ask",
    Lamp(Colour.AMBER): "wait",
    Lamp(Colour.WHITE): "closed",
    Lamp(Colour.OFF): "closed",
}
"""The lamp's word as a colour and a shape of the page."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A screen: its pixels, its width in millimetres, and from how far it is read."""

    width_px: int
    height_px: int
    width_mm: float
    distance_mm: float

    def stylesheet(self) -> str:
        """The page's unit: exact on the panel itself, in proportion in any other window."""
        text = smallest_text_px(self.width_px / self.width_mm, self.distance_mm)
        across, down = 100 * text / self.width_px, 100 * text / self.height_px
        return f":root {{ --d-text: max({SMALLEST_PX}px, min({across:.3f}vw, {down:.3f}vh)); }}\n"


def display_page(settings: DoorSettings, device: Device, place: Place, face: Face) -> "DisplayPage":
    """The page as the installer has set it up, headed by the branch's name and, where the hour is known, its time."""

    def heading() -> tuple[str, str]:
        branch, here = device.replica.branch(), place.known_site()
        return branch.name if branch else "", f"{here.now:%H.%M}" if here else ""

    return DisplayPage(settings.display_port, face, Panel(**settings.panel.model_dump()), heading)


class DisplayPage:
    """GET / and what belongs to it; /live says every change. `heading`: the branch's name and its time of day."""

    def __init__(self, port: int, face: Face, panel: Panel, heading: Callable[[], tuple[str, str]]) -> None:
        self._port, self._face, self._panel, self._heading = port, face, panel, heading
        self._ended = asyncio.Event()
        self._watches: dict[asyncio.Task[None] | None, asyncio.Event] = {}

    async def run(self) -> None:
        """Serve until cancelled; OSError if the port is taken."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=8192)
        async with server:
            try:
                await server.serve_forever()
            finally:
                await self._let_go()

    async def _let_go(self) -> None:
        """Whoever looks at the page is told no more."""
        self._ended.set()
        for watch in self._watches.values():
            watch.set()
        await asyncio.gather(*(task for task in self._watches if task is not None), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(REQUEST_WITHIN):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                await self._answer(head, writer)
        finally:
            writer.close()

    async def _answer(self, head: list[str], writer: asyncio.StreamWriter) -> None:
        if not is_for_the_device_itself(head[1:]):
            await _say(
                writer, HTTPStatus.FORBIDDEN, "text/plain", b"This page answers to localhost and 127.0.0.1 only."
            )
            return
        match head[0].split(" "):
            case ["GET", "/live", _]:
                await self._live(writer)
            case ["GET", "/size.css", _]:
                await _say(writer, HTTPStatus.OK, "text/css", self._panel.stylesheet().encode())
            case ["GET", path, _] if path in FILES:
                file, media = FILES[path]
                await _say(writer, HTTPStatus.OK, media, _bytes(file))
            case _:
                await _say(writer, HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing here but the display.")

    async def _live(self, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(HTTPStatus.OK, "text/event-stream"))
        watch = self._watches[asyncio.current_task()] = self._face.watch()
        try:
            while not writer.is_closing() and not self._ended.is_set():
                if self._face.wanted is not None:
                    writer.write(f"data: {json.dumps(self._told(self._face.wanted))}\n\n".encode())
                    async with asyncio.timeout(REQUEST_WITHIN):
                        await writer.drain()
                await _next(watch)
        finally:
            del self._watches[asyncio.current_task()]
            self._face.unwatch(watch)

    def _told(self, text: DisplayText) -> dict[str, object]:
        branch, clock = self._heading()
        return {
            "mood": _MOODS.get(text.lamp, "wait"),
            "dots": text.dots,
            "branch": branch,
            "clock": clock,
            "sections": [
                {
                    "lang": said.lang,
                    "dir": "rtl" if said.lang in texts.RIGHT_TO_LEFT else "ltr",
                    "title": said.title,
                    "line": said.line,
                    "notes": said.notes,
                }
                for said in text.sections
            ],
        }


async def _next(watch: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(AGAIN_WITHIN):
            await watch.wait()
    watch.clear()


async def _say(writer: asyncio.StreamWriter, status: HTTPStatus, media: str, body: bytes) -> None:
    writer.write(_head(status, media, f"Content-Length: {len(body)}") + body)
    async with asyncio.timeout(REQUEST_WITHIN):
        await writer.drain()


def _head(status: HTTPStatus, media: str, *more: str) -> bytes:
    lines = (f"HTTP/1.1 {status.value} {status.phrase}", f"Content-Type: {media}", *more, *_HEADERS, "", "")
    return "\r\n".join(lines).encode("ascii")


def _bytes(file: Path) -> bytes:
    return file.read_bytes()
