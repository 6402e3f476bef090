"""The stand-in on two ports: the relying party's over TLS with client certificates, the phone's in the clear."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from meroppet.runtime.clock import Clock
from server.eid.standin.app import relying_party_api
from server.eid.standin.certificates import certificates
from server.eid.standin.orders import Orders, Person
from server.eid.standin.phone import phone
from server.eid.standin.reaching import API, Certificates, options_for


@dataclass(frozen=True, slots=True)
class Running:
    """A stand-in that answers."""

    orders: Orders
    faults: deque[str]
    port: int
    url: str
    phone_url: str
    certificates: Certificates

    @property
    def options(self) -> dict[str, object]:
        """What the driver `bankid` must be told to speak to it."""
        return dict(options_for(self.certificates, self.port))


class _Listener(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def running(
    folder: Path, people: Sequence[Person], clock: Clock, wall: datetime, port: int = 0, phone_port: int = 0
) -> AsyncIterator[Running]:
    """The stand-in, while the context lasts. `wall` is the true time, for certificates; orders go by `clock`."""
    async with serving(certificates(folder, wall), people, clock, port, phone_port) as served:
        yield served


@contextlib.asynccontextmanager
async def serving(
    made: Certificates, people: Sequence[Person], clock: Clock, port: int, phone_port: int
) -> AsyncIterator[Running]:
    """As `running`, with certificates that were made before. Raises OSError where a port cannot be had."""
    orders, faults = Orders(clock), deque[str]()
    service = _listener(relying_party_api(orders, faults), port, made)
    hand = _listener(phone(orders, people), phone_port, None)
    listening = [asyncio.create_task(listener.serve()) for listener in (service, hand)]
    try:
        while not (service.started and hand.started):
            if any(task.done() for task in listening):
                raise OSError(f"the stand-in cannot listen on {port} or {phone_port}: is another one running?")
            await asyncio.sleep(0.005)
        at, phone_at = (listener.servers[0].sockets[0].getsockname()[1] for listener in (service, hand))
        yield Running(orders, faults, at, f"https://localhost:{at}{API}", f"http://localhost:{phone_at}/phone", made)
    finally:
        for listener in (service, hand):
            listener.should_exit = True
        await asyncio.gather(*listening, return_exceptions=True)


def _listener(app: FastAPI, port: int, made: Certificates | None) -> _Listener:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    if made is not None:
        config.load()
        config.ssl = _tls(made)
    return _Listener(config)


def _tls(made: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.service, made.service_key)
    context.load_verify_locations(made.authority)
    # As BankID: without the relying party's certificate nobody gets as far as a request.
    context.verify_mode = ssl.CERT_REQUIRED
    return context
