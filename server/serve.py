"""Serving the two apps from one loop: HTTPS for devices, pages for staff; ready and alive told to systemd."""

import asyncio
import contextlib
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from meroppet.runtime.sdnotify import Notifier
from server.app import Server
from server.patience import DeviceProtocol, PromptProtocol, make_room
from server.settings import DeviceListener, MetricsListener, StaffListener
from server.staff.service import LINK_LASTS, SERVER, first_link

GRACE_SECONDS = 2
LONGEST_HEADERS = 16 * 1024

logger = logging.getLogger(__name__)


class CannotListen(OSError):
    """A port cannot be had; the message says which."""


class _Listener(uvicorn.Server):
    """uvicorn without its signal handlers: two of them in one loop would take each other's signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(server: Server, notifier: Notifier) -> None:
    """Serve until SIGTERM or SIGINT; then end streams, finish what is being answered, and return.

    Raises CannotListen if a port is taken, and whatever ended the work in the background.
    """
    make_room()
    await server.start()
    await _tell_first_link(server)
    listeners = [
        _listener(server.device_app, server.settings.devices, tls=server.keys.tls),
        _listener(server.staff_app, server.settings.staff, tls=staff_tls(server.settings.staff)),
    ]
    if server.settings.metrics.port:
        listeners.append(_listener(server.metrics_app, server.settings.metrics, tls=None))
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        async with _running(server, listeners) as working:
            notifier.ready(f"devices {server.settings.device_url}, staff {server.settings.staff_url}")
            await _until(stop, listeners, working, notifier)
            notifier.stopping()
    finally:
        await server.close()


@contextlib.asynccontextmanager
async def _running(server: Server, listeners: list[_Listener]) -> AsyncIterator[list[asyncio.Task[None]]]:
    serving = [asyncio.create_task(_serve(listener)) for listener in listeners]
    background = asyncio.create_task(server.background())
    try:
        while not all(listener.started for listener in listeners):
            await _raise_if_ended([*serving, background])
            await asyncio.sleep(0.005)
        yield [*serving, background]
    finally:
        # Streams first: they would keep their listener from ending.
        server.hub.close()
        background.cancel()
        for listener in listeners:
            listener.should_exit = True
        await asyncio.gather(*serving, background, return_exceptions=True)


async def _serve(listener: _Listener) -> None:
    try:
        await listener.serve()
    except SystemExit as error:
        # uvicorn has logged why; it knows no other way to say that a port is taken.
        where = f"{listener.config.host}:{listener.config.port}"
        raise CannotListen(f"cannot listen on {where}: is another server running there?") from error


async def _raise_if_ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()


async def _until(
    stop: asyncio.Event, listeners: list[_Listener], working: list[asyncio.Task[None]], notifier: Notifier
) -> None:
    """Pet the watchdog from the loop that serves, until told to stop."""
    interval = notifier.watchdog_interval or 5.0
    while not stop.is_set() and not any(listener.should_exit for listener in listeners):
        # A server that serves staff and no longer devices, or no longer purges, would be believed to be well.
        await _raise_if_ended(working)
        notifier.alive()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(interval):
                await stop.wait()


def _listener(
    app: ASGIApp,
    settings: DeviceListener | StaffListener | MetricsListener,
    *,
    tls: Callable[[], ssl.SSLContext] | None,
) -> _Listener:
    config = uvicorn.Config(
        app,
        http=DeviceProtocol if isinstance(settings, DeviceListener) else PromptProtocol,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=False,
        h11_max_incomplete_event_size=LONGEST_HEADERS,
    )
    if tls is not None:
        config.load()
        config.ssl = tls()
    return _Listener(config)


def staff_tls(settings: StaffListener) -> Callable[[], ssl.SSLContext] | None:
    """How staff pages are encrypted, or None where they are not. The call raises OSError for files that will not do."""
    certificate, key = settings.certificate, settings.certificate_key
    if certificate is None or key is None:
        return None

    def context() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            made.load_cert_chain(certificate, key)
        except OSError as error:
            raise OSError(f"staff.certificate {certificate} and its key cannot be used: {error}") from error
        return made

    return context


async def _tell_first_link(server: Server) -> None:
    """On standard error and once, not in the log: whoever holds the link becomes the first administrator."""
    async with server.database.session(SERVER) as session:
        token = await first_link(session)
    if token is not None:
        hours = int(LINK_LASTS.total_seconds() // 3600)
        sys.stderr.write(
            f"First start: choose a name and a password at {server.settings.staff_url}/welcome/{token}"
            f" (works once, within {hours} hours)\n"
        )
        sys.stderr.flush()
