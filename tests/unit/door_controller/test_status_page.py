"""The status page: two addresses, nothing else, and no text of the device's can become markup."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from door_controller.status_page import StatusPage
from meroppet.device.errors import StoreFailed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def facts() -> dict[str, object]:
        return {"branch": "<script>alert(1)</script>", "locked": True}

    port = _free_port()
    serving = asyncio.create_task(StatusPage(port, facts).run())
    await asyncio.sleep(0.05)
    yield port
    serving.cancel()
    await asyncio.wait([serving])


async def ask(port: int, raw: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_the_page_and_the_facts(port: int) -> None:
    page = await ask(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    facts = await ask(port, b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert page.startswith("HTTP/1.1 200 OK")
    assert "<script>" not in page
    assert facts.endswith('"locked": true}')


@pytest.mark.parametrize(
    "line", [b"GET /etc/passwd HTTP/1.1", b"POST / HTTP/1.1", b"DELETE /status.json HTTP/1.1", b"\xff\xfe"]
)
async def test_nothing_else_is_there(port: int, line: bytes) -> None:
    assert (await ask(port, line + b"\r\nHost: localhost\r\n\r\n")).startswith("HTTP/1.1 404")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Host: localhost:8084\r\n", 200),
        (b"hOsT:127.0.0.1\r\n", 200),
        (b"Host: evil.example\r\n", 403),
        (b"Host: localhost.evil.example\r\n", 403),
        (b"Host: localhost@evil.example\r\n", 403),
        (b"Host: localhost\r\nHost: evil.example\r\n", 403),
        (b"X-Host: localhost\r\n", 403),
        (b"", 403),
    ],
)
async def test_it_answers_only_to_the_devices_own_names(port: int, fields: bytes, status: int) -> None:
    answer = await ask(port, b"GET /status.json HTTP/1.1\r\n" + fields + b"\r\n")

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert ("locked" in answer) == (status == 200)


async def test_a_request_without_end_is_hung_up_on(port: int) -> None:
    assert await ask(port, b"GET /" + b"a" * 20_000) == ""


async def test_a_disk_that_does_not_answer_is_told_in_words() -> None:
    async def facts() -> dict[str, object]:
        raise StoreFailed("journal.db: the disk still has not answered")

    port = _free_port()
    serving = asyncio.create_task(StatusPage(port, facts).run())
    await asyncio.sleep(0.05)
    answer = await ask(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    serving.cancel()
    await asyncio.wait([serving])

    assert answer.startswith("HTTP/1.1 503")
    assert answer.endswith("the disk still has not answered")
