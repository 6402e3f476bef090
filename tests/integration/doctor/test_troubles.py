"""Whatever is wrong with a register, or whatever else listens there, the doctor says so and ends."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_simulator import Fault, RegisterControl
from meroppet.ils.doctor.examination import examine
from meroppet.ils.doctor.findings import Check, Diagnosis
from meroppet.ils.doctor.subject import Patience, Subject
from meroppet.ils.sip2_connection import Tls
from meroppet.runtime.clock import SystemClock
from tests.fakes.certificates import certificate, fingerprint
from tests.integration.doctor.conftest import SUBJECT, Open, account, against, examined
from tests.integration.sip2.peers import ScriptedPeer

HASTY = Patience(answer=1.0, door=0.9, measuring=0.1, most_times=2)
KEPT_BACK = 1.5

TOLD = {
    Fault.HANG: (Check.PATRON, "no_answer"),
    Fault.SLOW: (Check.PATRON, "answers_late"),
    Fault.WRONG_SEQUENCE: (Check.PATRON, "wrong_sequence"),
    Fault.BAD_CHECKSUM: (Check.PATRON, "bad_checksum"),
    Fault.NO_CR: (Check.PATRON, "no_line_end"),
    Fault.CLOSE: (Check.PATRON, "closes"),
    Fault.LATE_ANSWER: (Check.PATRON, "answers_late"),
    Fault.WRONG_PATRON: (Check.PATRON, "other_card"),
    Fault.WRONG_ITEM: (Check.ITEM, "other_item"),
    Fault.HALF_ANSWER: (Check.PATRON, "closes"),
    Fault.GARBAGE: (Check.PATRON, "speaks_http"),
    Fault.ENDLESS: (Check.PATRON, "no_line_end"),
    Fault.ASKS_AGAIN: (Check.PATRON, "asks_again"),
    Fault.OFFLINE: (Check.STATUS, "offline"),
}
FROM_LOGIN = {
    Fault.WRONG_SEQUENCE: (Check.LOGIN, "wrong_sequence"),
    Fault.BAD_CHECKSUM: (Check.LOGIN, "bad_checksum"),
    Fault.CLOSE: (Check.LOGIN, "closes"),
    Fault.HANG: (Check.LOGIN, "silent_at_login"),
    Fault.NO_CR: (Check.LOGIN, "no_line_end"),
}


async def _with(open_register: Open, fault: Fault, *, from_login: bool) -> Diagnosis:
    register = await open_register(control=RegisterControl(fault=fault, seconds=KEPT_BACK, from_login=from_login))
    return await examined(register.port, SUBJECT, patience=HASTY)


async def test_each_fault_is_told_by_its_name(open_register: Open) -> None:
    found = await asyncio.gather(*(_with(open_register, fault, from_login=False) for fault in TOLD))

    assert {fault: against(diagnosis) for fault, diagnosis in zip(TOLD, found, strict=True)} == {
        fault: [told] for fault, told in TOLD.items()
    }
    assert not any(diagnosis.is_safe for diagnosis in found)


async def test_a_fault_from_the_first_word_on_is_told_too(open_register: Open) -> None:
    found = await asyncio.gather(*(_with(open_register, fault, from_login=True) for fault in FROM_LOGIN))

    assert {fault: against(diagnosis) for fault, diagnosis in zip(FROM_LOGIN, found, strict=True)} == {
        fault: [told] for fault, told in FROM_LOGIN.items()
    }
    assert {diagnosis.profile for diagnosis in found} == {None}


async def test_answers_that_come_twice_are_not_taken_for_the_next(open_register: Open) -> None:
    register = await open_register(control=RegisterControl(fault=Fault.TWICE))

    assert [says for _, says in against(await examined(register.port, patience=HASTY))] == ["answers_unasked"]


async def test_a_register_slower_than_a_door_waits_is_unsafe(open_register: Open) -> None:
    register = await open_register(control=RegisterControl(fault=Fault.SLOW, seconds=0.1))
    slow = Patience(answer=10.0, door=0.05, measuring=0.1, most_times=1)

    diagnosis = await examined(register.port, SUBJECT, patience=slow)

    assert (Check.LATENCY, "too_slow") in against(diagnosis)


async def test_no_task_and_no_connection_is_left_over(open_register: Open) -> None:
    for fault in (Fault.NONE, Fault.WRONG_PATRON, Fault.GARBAGE):
        register = await open_register(control=RegisterControl(fault=fault))
        await examined(register.port, SUBJECT, patience=replace(HASTY, answer=5.0))
        await register.close()

    mine = asyncio.current_task()
    assert {task for task in asyncio.all_tasks() if task is not mine} == set()


async def test_a_wrong_password_is_said_and_tried_once(open_register: Open) -> None:
    register = await open_register()
    diagnosis = await examine(replace(account(register.port), password="wrong"), SUBJECT, SystemClock())

    assert against(diagnosis) == [(Check.LOGIN, "login_refused")]


async def test_without_a_test_patron_nothing_is_called_safe(open_register: Open) -> None:
    diagnosis = await examined((await open_register()).port, Subject())

    assert against(diagnosis) == []
    assert not diagnosis.is_safe
    assert diagnosis.profile is not None


Answer = Callable[[bytes], bytes]
Stranger = Callable[..., Awaitable[int]]


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    """Something that listens and is no register: says `answer` to the first bytes it hears, and hangs up."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes | None, tls: ssl.SSLContext | None = None) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                if answer is None:
                    await reader.read()
                else:
                    await reader.read(100)
                    writer.write(answer)
                    await writer.drain()
            writer.transport.abort() if answer is None else writer.close()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls))
        port: int = servers[-1].sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "speaks_http"),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "not_sip2"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "speaks_tls"),
        (b"220 mail.example.se ESMTP\r\n", "not_sip2"),
        (b"", "closes"),
        (None, "silent_at_login"),
    ],
)
async def test_what_is_no_register_is_told_for_what_it_is(stranger: Stranger, answer: bytes | None, says: str) -> None:
    diagnosis = await examined(await stranger(answer), SUBJECT, patience=replace(HASTY, answer=0.3))

    assert against(diagnosis) == [(Check.LOGIN, says)]


async def test_a_closed_port_is_said_in_the_systems_own_words(stranger: Stranger) -> None:
    port = await stranger(None)
    gone = (await open_and_close()) if port else 0

    diagnosis = await examined(gone)

    (finding,) = diagnosis.findings
    assert (finding.says, finding.values["why"]) == ("cannot_connect", "Connection refused")


async def open_and_close() -> int:
    """A port where nobody listens."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_plain_text_over_a_network_is_not_even_tried() -> None:
    diagnosis = await examine(replace(account(6001), host="192.0.2.1"), SUBJECT, SystemClock())

    assert against(diagnosis) == [(Check.REACH, "not_encrypted")]


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
async def encrypted(open_register: Open, pem: Path) -> AsyncIterator[int]:
    """TLS before a register, as stunnel does it."""
    register = await open_register(DIALECTS["koha"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", register.port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.sleep(0.05)


async def _over_tls(port: int, tls: Tls) -> Diagnosis:
    patience = Patience(answer=5.0, measuring=0.1, most_times=2)
    return await examine(replace(account(port), tls=tls), SUBJECT, SystemClock(), patience=patience)


async def test_a_certificate_that_is_not_trusted_is_shown_so_that_it_can_be_pinned(encrypted: int, pem: Path) -> None:
    refused = await _over_tls(encrypted, Tls())
    (finding,) = refused.findings
    pinned = await _over_tls(encrypted, Tls(pinned_sha256=finding.values["sha256"]))

    assert finding.says == "certificate_not_trusted"
    assert finding.values["sha256"] == fingerprint(pem)
    assert against(pinned) == []
    assert pinned.is_safe


async def test_to_another_certificate_than_the_pinned_one_nothing_is_said(pem: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    peer = ScriptedPeer(lambda _line: b"941\r")
    await peer.start(context)

    diagnosis = await _over_tls(peer.port, Tls(pinned_sha256="00" * 32))

    assert against(diagnosis) == [(Check.REACH, "certificate_not_pinned")]
    assert peer.heard == []
    await peer.close()


async def test_tls_to_a_register_in_plain_text_is_said(open_register: Open) -> None:
    register = await open_register()

    assert against(await _over_tls(register.port, Tls())) == [(Check.REACH, "hangs_up_at_tls")]


async def test_what_answers_tls_in_plain_text_is_told_in_words(stranger: Stranger) -> None:
    (finding,) = (await _over_tls(await stranger(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Tls())).findings

    assert finding.says == "no_tls_there"
    assert re.fullmatch("[a-z ]+", finding.values["why"])


async def test_authorities_that_cannot_be_read_are_a_finding(open_register: Open, tmp_path: Path) -> None:
    register = await open_register()
    (tmp_path / "empty.pem").write_text("nothing", encoding="ascii")

    for file in ("missing.pem", "empty.pem"):
        found = against(await _over_tls(register.port, Tls(ca_file=tmp_path / file)))
        assert found == [(Check.REACH, "certificate_unreadable")]


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("a..b", 6001), ("x" * 300, 6001)])
async def test_an_address_that_cannot_be_is_a_finding(host: str, port: int) -> None:
    nowhere = replace(account(port), host=host, plain_text_hosts=frozenset({host}))

    diagnosis = await examine(nowhere, SUBJECT, SystemClock(), patience=HASTY)

    assert against(diagnosis) == [(Check.REACH, "cannot_connect")]
