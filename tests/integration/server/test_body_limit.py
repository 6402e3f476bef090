"""What nobody has asked for fills neither memory nor disk: both apps stop reading where a body is too long."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI, Request

from server.body_limit import BODY_LIMIT, BodyLimit


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
async def test_a_body_is_read_to_the_limit_and_no_further(kind: str) -> None:
    app, sent = FastAPI(), 0
    app.add_middleware(BodyLimit)

    @app.post("/")
    async def _(request: Request) -> None:
        await (request.body() if kind == "text/plain" else request.form())

    async def long() -> AsyncIterator[bytes]:
        nonlocal sent
        yield (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' if "multipart" in kind else b"a=1"
        )
        for _ in range(100):
            sent += 1000
            yield b"&a=" + b"a" * 9_997
        for _ in range(100):
            sent += BODY_LIMIT
            yield b"&a=" + b"a" * BODY_LIMIT

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/", content=long(), headers={"Content-Type": kind})

    assert answer.status_code == 413
    assert sent < 3 * BODY_LIMIT
