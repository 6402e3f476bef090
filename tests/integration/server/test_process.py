"""The server as a process: told ready, alive and stopped in order; every bad start is one sentence."""

import asyncio
import contextlib
import itertools
import re
import signal
import socket
import ssl
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

PATIENCE = 60.0
"""For a machine that has other things to do."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    file = tmp_path / "server.toml"
    file.write_text(
        f'state_dir = "{tmp_path / "state"}"\n[devices]\nport = {ports[0]}\n[staff]\nport = {ports[1]}\n',
        encoding="utf-8",
    )
    return file


def _port(config: Path, table: str) -> int:
    found = re.search(rf"\[{table}\]\nport = (\d+)", config.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


async def _run(*arguments: str, environ: dict[str, str] | None = None) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "server",
        *arguments,
        stdout=PIPE,
        stderr=PIPE,
        env={"LANG": "C.UTF-8", **(environ or {})},
    )


async def _done(*arguments: str, environ: dict[str, str] | None = None) -> tuple[int | None, str, str]:
    process = await _run(*arguments, environ=environ)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, out.decode(), err.decode()


Serving = Callable[[], AbstractAsyncContextManager[Process]]


@pytest.fixture
def serving(config: Path, tmp_path: Path) -> Serving:
    numbers = itertools.count()

    @asynccontextmanager
    async def start() -> AsyncIterator[Process]:
        address = str(tmp_path / f"notify-{next(numbers)}")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(address)
            told.setblocking(False)
            process = await _run("serve", "--config", str(config), environ={"NOTIFY_SOCKET": address})
            try:
                word = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(told, 4096), PATIENCE)
                assert word.startswith(b"READY=1")
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    return start


async def test_ready_is_told_when_both_ports_answer_and_the_first_link_is_told_once(
    serving: Serving, config: Path
) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with serving() as process, httpx2.AsyncClient(verify=trusting) as client:
        ca = await client.get(f"https://127.0.0.1:{_port(config, 'devices')}/api/device/v1/ca")
        page = await client.get(f"http://127.0.0.1:{_port(config, 'staff')}/")
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert b"BEGIN CERTIFICATE" in ca.content
    assert page.status_code == 401
    assert process.returncode == 0
    links = re.findall(rb"http://127\.0\.0\.1:\d+/welcome/[\w-]{40,}", err)
    assert len(links) == 1
    async with serving() as again:
        again.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(again.communicate(), PATIENCE)
    assert b"/welcome/" not in err


async def test_it_stops_within_three_seconds_though_somebody_listens(serving: Serving, config: Path) -> None:
    async with serving() as process:
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(config, "staff"))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        await writer.drain()

        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE)

        assert process.returncode == 0
        assert time.monotonic() - began < 8.0
        writer.close()
        with contextlib.suppress(ConnectionError):
            await reader.read()


async def test_a_taken_port_is_one_sentence(config: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", _port(config, "staff")))
        taken.listen()
        code, _, err = await _done("serve", "--config", str(config))

    assert code == 1
    assert f"cannot listen on 127.0.0.1:{_port(config, 'staff')}" in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stafff = 1\n", "did you mean staff?"),
        ("[devices]\nprot = 1\n", "did you mean devices.port?"),
        ("clock = 'virtual'\n", "clock = 'virtual' needs clock_offset_file"),
        ("database = 'mysql://x'\n", "postgresql:// or sqlite:///"),
        ("database = 'postgresql://me:secret@host/x'\n", "database_password"),
        ("not toml\n", "is not TOML"),
    ],
)
async def test_settings_that_cannot_be_meant_are_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")

    code, out, err = await _done("serve", "--config", str(file))

    assert code == 1
    assert out == ""
    assert sentence in err
    assert "secret@" not in err
    assert len(err.splitlines()) == 1


async def test_check_opens_everything_and_serves_nothing(config: Path) -> None:
    code, _, err = await _done("--check", "--config", str(config))

    assert code == 0
    assert "in order" in err


@pytest.mark.parametrize("command", ["--check", "serve"])
async def test_a_database_that_is_none_is_one_sentence(config: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "server.db").write_bytes(b"no database at all" * 100)

    code, _, err = await _done(command, "--config", str(config))

    assert code == 1
    assert f"the database {tmp_path / 'state' / 'server.db'} cannot be used" in err.splitlines()[-1]
    assert "Traceback" not in err


async def test_check_opens_the_staff_certificate_too(config: Path, tmp_path: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write(f'certificate = "{tmp_path}/none.pem"\ncertificate_key = "{tmp_path}/none.key"\n')

    code, _, err = await _done("--check", "--config", str(config))

    assert code == 1
    assert err.startswith(f"meroppet-server: staff.certificate {tmp_path}/none.pem and its key cannot be used")
    assert len(err.splitlines()) == 1


async def test_an_administrators_link_and_an_invitation_can_be_made_on_the_spot(config: Path) -> None:
    code, out, _ = await _done("create-admin", "--config", str(config))
    assert code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/welcome/[\w-]{40,}\n", out)

    code, _, err = await _done("invite", "nowhere", "door", "--config", str(config))
    assert code == 1
    assert err.splitlines()[-1].endswith("no branch 'nowhere'")


async def test_the_device_api_describes_itself_without_a_database() -> None:
    code, out, _ = await _done("openapi")

    assert code == 0
    assert '"/api/device/v1/verify"' in out
