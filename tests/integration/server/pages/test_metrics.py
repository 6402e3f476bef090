"""What a Prometheus on the server's machine reads: devices and registers, and nothing about anybody."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from server.metrics.page import metrics_page
from server.metrics.timing import Timed, VerifyTimes
from tests.fakes.clocks import ManualClock
from tests.integration.server.pages.conftest import ANNA, SignIn, Site
from tests.integration.server.pages.test_devices import device


def client(app: Starlette, host: str = "127.0.0.1") -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"http://{host}")


def page(site: Site, times: VerifyTimes | None = None) -> Starlette:
    return metrics_page(site.parts.database, site.parts.registers, times or VerifyTimes())


async def read(site: Site) -> str:
    async with client(page(site)) as prometheus:
        answer = await prometheus.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


async def test_a_device_is_measured(site: Site) -> None:
    await device(site, {"unsent": 7, "queue": 12.5, "temperature": 80.0, "storage": "full", "disk_free": 5})

    told = await read(site)

    who = '{device="door-1",name="Entrén",branch="nora",kind="door"}'
    for line in (
        f"meroppet_device_up{who} 1.0",
        f"meroppet_device_last_seen_seconds{who} 0.0",
        f"meroppet_device_unsent_events{who} 7.0",
        f"meroppet_device_queue_seconds{who} 12.5",
        f"meroppet_device_clock_ahead_seconds{who} 0.2",
        f"meroppet_device_disk_free_bytes{who} 5.0",
        f"meroppet_device_storage_failed{who} 1.0",
        'meroppet_device_trouble{device="door-1",name="Entrén",branch="nora",kind="door",trouble="hot"} 1.0',
        'meroppet_device_trouble{device="door-1",name="Entrén",branch="nora",kind="door",trouble="storage_full"} 1.0',
    ):
        assert line in told.splitlines()
    assert "drift" not in told


async def test_a_device_never_heard_of_is_down_and_one_shut_out_is_not_there(site: Site) -> None:
    await device(site, None)

    told = await read(site)

    assert 'meroppet_device_up{device="door-1",name="Entrén",branch="nora",kind="door"} 0.0' in told
    assert "last_seen" not in told


async def test_a_register_is_measured_once_it_was_asked(site: Site, sign_in: SignIn) -> None:
    assert "meroppet_register_up" not in await read(site)
    visitor = await sign_in("municipality")
    await visitor.post("/branches/nora/patrons/find", {"card": ANNA}, on="/branches/nora/patrons")
    ils = site.parts.registers.ils("nora")
    assert ils is not None
    await ils.status()

    told = await read(site)

    assert 'branch="nora"} 1.0' in "".join(line for line in told.splitlines() if "meroppet_register_up{" in line)
    assert ANNA not in told


@pytest.mark.parametrize(("host", "status"), [("localhost", 200), ("127.0.0.1", 200), ("evil.example", 400)])
async def test_it_answers_only_to_the_machines_own_names(site: Site, host: str, status: int) -> None:
    async with client(page(site), host) as prometheus:
        assert (await prometheus.get("/metrics")).status_code == status


async def test_there_is_nothing_else(site: Site) -> None:
    async with client(page(site)) as prometheus:
        assert (await prometheus.get("/")).status_code == 404
        assert (await prometheus.post("/metrics")).status_code == 405


async def test_only_the_time_until_the_answer_to_a_question_counts() -> None:
    clock, times = ManualClock(), VerifyTimes()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        clock.advance(timedelta(seconds=0.2))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})
        clock.advance(timedelta(seconds=30))

    timed = Timed(app, path="/verify", times=times, monotonic=clock.monotonic)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=timed), base_url="http://x") as door:
        await door.get("/verify")
        await door.get("/health")

    [family] = times.families()
    assert [sample.value for sample in family.samples if sample.suffix == "_count"] == [1]
    assert [sample.value for sample in family.samples if sample.suffix == "_sum"] == [pytest.approx(0.2)]
