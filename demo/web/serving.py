"""Serves the branch page inside the demo's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from demo.house import House
from demo.ports import HOST
from demo.web.app import create_app


class _Server(uvicorn.Server):
    """A server that leaves signals to the demo, which has more than this page to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[None]:
    """The page is there while the context lasts. Raises OSError where its port cannot be had."""
    listener = socket.create_server((HOST, house.ports.branch))
    config = uvicorn.Config(
        create_app(house), log_level="warning", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await _started(server, serving)
        yield
    finally:
        house.is_stopping = True
        server.should_exit = True
        await serving


async def _started(server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    while True:
        if server.started or serving.done():
            return
        await asyncio.sleep(0.005)
