"""A recorded Koha, a newer one and clients of theirs."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from meroppet.ils.breaker import Breaker
from meroppet.ils.koha_rest import KohaRestIls, KohaSite
from meroppet.ils.ports import Ils
from tests.fakes.clocks import ManualClock
from tests.integration.koha_rest.newer import NewerKoha
from tests.integration.koha_rest.replay import CLIENT, SECRET, RecordedKoha, Server, served

RECORDED_ON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

Connect = Callable[..., KohaRestIls]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(RECORDED_ON)


@pytest.fixture
def old() -> Iterator[Server]:
    with served(RecordedKoha()) as server:
        yield server


@pytest.fixture
def newer() -> Iterator[Server]:
    with served(NewerKoha()) as server:
        yield server


@pytest.fixture
async def connect(clock: ManualClock) -> AsyncIterator[Connect]:
    made: list[KohaRestIls] = []

    def connected(
        server: Server, *, sip2: Ils | None = None, deadline: float = 10.0, limit: int = 0, **site: Any
    ) -> KohaRestIls:
        settings = {"name": "koha", "url": server.url, "client_id": CLIENT, "client_secret": SECRET} | site
        ils = KohaRestIls(KohaSite(**settings), clock, sip2=sip2, deadline=deadline, breaker=Breaker(limit=limit))
        made.append(ils)
        return ils

    yield connected
    for ils in made:
        await ils.close()
