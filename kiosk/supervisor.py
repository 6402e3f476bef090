"""What keeps a kiosk process going: session, inputs, page and sync, and what ends them."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from kiosk.app import Kiosk
from kiosk.settings import ListenSettings
from meroppet.rules.events import DeviceStarted, DeviceStopped
from meroppet.rules.session import Tick
from meroppet.runtime.logs import Recurring
from meroppet.runtime.sdnotify import Notifier

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
SYNC_AGAIN_AFTER = 5.0


class PageServer(uvicorn.Server):
    """uvicorn that says when it serves and leaves signals to the supervisor."""

    def __init__(self, web: Starlette, on_serving: Callable[[], object]) -> None:
        super().__init__(
            uvicorn.Config(
                web,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=1,
            )
        )
        self._on_serving = on_serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to serve, and tells."""
        await super().startup(sockets)
        self._on_serving()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def bind(listen: ListenSettings) -> socket.socket:
    """The page's socket. Raises OSError with one sentence when the address is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in listen.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listen.host, listen.port))
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen at {listen.host}:{listen.port}: {error.strerror}; is it in use?") from error
    return listener


async def supervise(kiosk: Kiosk, listener: socket.socket, notifier: Notifier, *, version: str) -> None:
    """Run the kiosk until SIGTERM or SIGINT, or raise what ended its session; everything is closed either way."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = PageServer(kiosk.web, notifier.ready)
    try:
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(kiosk.session.run(), name="session"),
                tasks.create_task(kiosk.listening.run(), name="inputs"),
                tasks.create_task(_tick(kiosk, notifier), name="ticks"),
                tasks.create_task(_for_ever(kiosk.device.run, "sync"), name="sync"),
            ]
            await kiosk.journal.record(DeviceStarted(version, None), None)
            tasks.create_task(server.serve(sockets=[listener]), name="page")
            await stop.wait()
            notifier.stopping()
            server.should_exit = True
            for task in work:
                task.cancel()
        await kiosk.journal.record(DeviceStopped(), None)
    finally:
        await kiosk.close()


async def _tick(kiosk: Kiosk, notifier: Notifier) -> None:
    """Time passes for the session; the watchdog hears of it only when the session has answered."""
    while True:
        kiosk.session.happen(Tick())
        await kiosk.session.heard()
        notifier.alive()
        await asyncio.sleep(TICK_SECONDS)


async def _for_ever(run: Callable[[], Awaitable[None]], name: str) -> None:
    trouble = Recurring(logger, name)
    while True:
        try:
            await run()
        except Exception as error:  # noqa: BLE001 (the screen outlives whatever it is)
            # It says that the server is gone; it does not go with it.
            trouble.failed(f"{type(error).__name__}: {error}")
        await asyncio.sleep(SYNC_AGAIN_AFTER)
