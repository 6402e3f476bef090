"""A hostile network may open connections and say nothing; it must not keep them."""

import asyncio
import resource
from collections.abc import AsyncIterator

import pytest
import uvicorn
from fastapi import FastAPI, Request

from server.body_limit import BodyLimit
from server.patience import PromptProtocol, make_room

WITHIN = 0.3


class _Hasty(PromptProtocol):
    within = WITHIN


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = FastAPI()
    app.add_middleware(BodyLimit, within=WITHIN)

    @app.get("/slow")
    async def _slow() -> str:
        await asyncio.sleep(3 * WITHIN)
        return "here"

    @app.post("/")
    async def _body(request: Request) -> int:
        return len(await request.body())

    server = uvicorn.Server(uvicorn.Config(app, port=0, http=_Hasty, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await serving


async def _heard(port: int, *parts: bytes, every: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(every)
        async with asyncio.timeout(10 * WITHIN):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "parts", [(), (b"GET / HTTP/1.1\r\n",), tuple(bytes([byte]) for byte in b"GET / HTTP/1.1\r\nA")], ids=repr
)
async def test_who_does_not_finish_asking_is_hung_up_on(port: int, parts: tuple[bytes, ...]) -> None:
    assert await _heard(port, *parts, every=WITHIN / 10) == b""


async def test_after_an_answer_the_next_request_is_not_awaited_for_ever(port: int) -> None:
    first = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    assert (await _heard(port, first + b"GET")).startswith(b"HTTP/1.1 200")


async def test_a_body_that_drips_is_refused(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"

    assert (await _heard(port, head, b"a", b"a")).startswith(b"HTTP/1.1 408")


async def test_an_answer_may_take_as_long_as_it_takes(port: int) -> None:
    assert b"here" in await _heard(port, b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


def test_the_server_takes_the_room_it_may_have() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, soft), hard))
        make_room()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
