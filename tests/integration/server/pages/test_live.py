"""Pages that keep themselves up to date, over a real socket: within a second, and no longer than the session lasts."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
import uvicorn

from server.organisations.service import BranchView
from server.schedules.service import set_pattern
from server.web.forms import SESSION_COOKIE
from tests.fakes.clocks import ManualClock
from tests.integration.server.pages.conftest import HOURS, SignIn, Site


@pytest.fixture
async def address(site: Site) -> AsyncIterator[str]:
    config = uvicorn.Config(site.app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    site.parts.hub.close()
    server.should_exit = True
    await serving


async def _parts(answer: httpx2.Response) -> AsyncIterator[str]:
    part: list[str] = []
    async for line in answer.aiter_lines():
        if line:
            part.append(line)
            continue
        yield "\n".join(part)
        part.clear()


async def _change(site: Site, at: BranchView) -> None:
    async with site.parts.database.session(at.scope) as session:
        await set_pattern(session, at, HOURS, "somebody")


@pytest.mark.parametrize(
    "path", ["/live", "/branches/nora/live", "/branches/nora/hours/live", "/branches/nora/devices/live"]
)
async def test_a_change_reaches_an_open_page_within_a_second(
    site: Site, sign_in: SignIn, address: str, path: str
) -> None:
    cookie = (await sign_in("server")).client.cookies[SESSION_COOKIE]
    at = await site.branch("nora")
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}"}
    async with (
        httpx2.AsyncClient(base_url=address, headers=headers) as client,
        client.stream("GET", path) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        heard = _parts(answer)
        assert (await anext(heard)).startswith("data: ") or path.endswith("hours/live")

        began = time.monotonic()
        await _change(site, at)
        await asyncio.wait_for(anext(heard), 4.0)

        assert time.monotonic() - began < 4.0
        site.parts.hub.close()


async def test_a_stream_ends_with_its_session(site: Site, sign_in: SignIn, address: str, clock: ManualClock) -> None:
    cookie = (await sign_in("server")).client.cookies[SESSION_COOKIE]
    at = await site.branch("nora")
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}"}
    async with (
        httpx2.AsyncClient(base_url=address, headers=headers) as client,
        client.stream("GET", "/branches/nora/live") as answer,
    ):
        heard = _parts(answer)
        await anext(heard)

        clock.advance(timedelta(minutes=16))
        await _change(site, at)

        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(heard), 2.0)
