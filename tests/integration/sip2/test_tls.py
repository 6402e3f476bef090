"""Encryption to the register: by authority or by pin, and never anything less."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from meroppet.ils.ports import IlsStatus, UnavailableCause
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils, Tls
from meroppet.sip2.codec import decode, encode
from meroppet.sip2.messages import build
from tests.fakes.certificates import certificate, fingerprint
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.peers import ScriptedPeer


def answer(line: bytes) -> bytes:
    request = decode(line)
    reply = build("94", {"ok": "1"}) if request.code == "93" else build("98", {"online": "Y"}, [("AO", "HUS")])
    return encode(reply, sequence=request.sequence)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
async def peer(pem: Path) -> AsyncIterator[ScriptedPeer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = ScriptedPeer(answer)
    await listening.start(context)
    yield listening
    await listening.close()


async def status(port: int, tls: Tls, clock: HandClock) -> IlsStatus:
    ils = Sip2Ils(KOHA, Sip2Account("127.0.0.1", port, "u", PASSWORD, tls=tls), clock)
    told = await ils.status()
    await ils.close()
    return told


async def test_a_certificate_of_the_named_authority_is_believed(
    peer: ScriptedPeer, pem: Path, clock: HandClock
) -> None:
    assert (await status(peer.port, Tls(ca_file=pem), clock)).online


async def test_a_strangers_certificate_is_refused_before_anything_is_said(peer: ScriptedPeer, clock: HandClock) -> None:
    told = await status(peer.port, Tls(), clock)

    assert (told.online, told.cause) == (False, UnavailableCause.NOT_ENCRYPTED)
    assert peer.heard == []


async def test_a_pinned_certificate_is_believed_and_no_other(peer: ScriptedPeer, pem: Path, clock: HandClock) -> None:
    right = await status(peer.port, Tls(pinned_sha256=fingerprint(pem)), clock)
    said = len(peer.heard)
    wrong = [await status(peer.port, Tls(pinned_sha256=other), clock) for other in ("00" * 32, "", "å" * 64)]

    assert right.online
    assert {told.cause for told in wrong} == {UnavailableCause.NOT_ENCRYPTED}
    assert len(peer.heard) == said


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("a..b", 6001)])
async def test_an_address_that_cannot_be_is_an_answer(clock: HandClock, host: str, port: int) -> None:
    ils = Sip2Ils(KOHA, Sip2Account(host, port, "u", PASSWORD, plain_text_hosts=frozenset({host})), clock)

    assert (await ils.status()).cause is UnavailableCause.REFUSED


async def test_there_is_no_falling_back_to_plain_text(clock: HandClock) -> None:
    plain = ScriptedPeer(answer)
    await plain.start()

    told = await status(plain.port, Tls(), clock)
    heard = b"".join(plain.heard)
    await plain.close()

    assert not told.online
    assert PASSWORD.encode() not in heard


async def test_a_missing_file_of_authorities_is_an_answer_and_nothing_is_said(
    peer: ScriptedPeer, tmp_path: Path, clock: HandClock
) -> None:
    told = await status(peer.port, Tls(ca_file=tmp_path / "no-such.pem"), clock)

    assert (told.online, told.cause) == (False, UnavailableCause.NOT_ENCRYPTED)
    assert peer.heard == []
