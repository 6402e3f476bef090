"""A read-only page on the loopback for whoever stands at the device: how the door is, and nothing about anybody."""

import asyncio
import html
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from meroppet.device.errors import DeviceError

Facts = Callable[[], Awaitable[dict[str, object]]]

REQUEST_WITHIN = 2.0
OWN_NAMES = ("localhost", "127.0.0.1")
_HEADERS = (
    "Cache-Control: no-store",
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
)
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Door</title>'
    "<style>body{{font:1.25rem/1.5 sans-serif;margin:2rem}}th{{text-align:left;padding-right:2rem}}</style>"
    "<h1>Door</h1><table>{rows}</table></html>"
)


class StatusPage:
    """GET / and GET /status.json; everything else is 404, and 403 by any name but the loopback's."""

    def __init__(self, port: int, facts: Facts) -> None:
        self._port, self._facts = port, facts

    async def run(self) -> None:
        """Serve until cancelled; OSError if the port is taken."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=8192)
        async with server:
            await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(REQUEST_WITHIN):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await self._told(head.decode("latin-1").split("\r\n")))
                    await writer.drain()
        finally:
            writer.close()

    async def _told(self, head: list[str]) -> bytes:
        if not is_for_the_device_itself(head[1:]):
            return _response(HTTPStatus.FORBIDDEN, "text/plain", "This page answers to localhost and 127.0.0.1 only.")
        try:
            return await self._answer(head[0])
        except DeviceError as error:
            # Who stands here with a broken disk wants to read just that.
            return _response(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", str(error))

    async def _answer(self, line: str) -> bytes:
        match line.split(" "):
            case ["GET", "/", _]:
                return _response(HTTPStatus.OK, "text/html", _page(await self._facts()))
            case ["GET", "/status.json", _]:
                return _response(HTTPStatus.OK, "application/json", json.dumps(await self._facts()))
            case _:
                return _response(HTTPStatus.NOT_FOUND, "text/plain", "There is / and /status.json.")


def is_for_the_device_itself(fields: list[str]) -> bool:
    """Whether it was called by a name of the device's own: another site's name that points here could read the page."""
    hosts = [value.strip() for name, _, value in (field.partition(":") for field in fields) if name.lower() == "host"]
    return len(hosts) == 1 and hosts[0].lower().partition(":")[0] in OWN_NAMES


def _page(facts: dict[str, object]) -> str:
    rows = (f"<tr><th>{html.escape(name)}<td>{html.escape(str(value))}" for name, value in facts.items())
    return _PAGE.format(rows="".join(rows))


def _response(status: HTTPStatus, media: str, text: str) -> bytes:
    body = text.encode("utf-8")
    first = f"HTTP/1.1 {status.value} {status.phrase}"
    length, kind = f"Content-Length: {len(body)}", f"Content-Type: {media}; charset=utf-8"
    return "\r\n".join((first, kind, length, *_HEADERS, "", "")).encode("ascii") + body
