"""Nobody's card, PIN, name or secret stands in a log, and nothing is said in the clear or to a stranger."""

import asyncio
import json
import logging
import ssl
import traceback
from pathlib import Path

import pytest

from meroppet.ils.koha_rest import KohaRestIls, KohaSite
from meroppet.ils.koha_rest.facts import read_patron
from meroppet.ils.ports import PatronReason, UnavailableCause
from meroppet.rules.pin import PinAnswer
from tests.fakes.certificates import certificate
from tests.fakes.clocks import ManualClock
from tests.integration.koha_rest.conftest import Connect
from tests.integration.koha_rest.replay import CLIENT, FAULTS, PATRONS, SECRET, TOKEN, RecordedKoha, Server, served

CARD, PIN = "2000000001", "73194682"
CANARIES = [CARD, "2000000099", PIN, "Öberg", "Åsa", "198001019801", SECRET, TOKEN, "Storgatan"]


def written(records: list[logging.LogRecord]) -> str:
    """Everything a handler could write of the records, what they carry included."""
    lines = []
    for record in records:
        lines.append(record.getMessage())
        lines.append(repr(vars(record)))
        if record.exc_info and record.exc_info[1] is not None:
            lines += traceback.TracebackException.from_exception(record.exc_info[1], capture_locals=True).format()
    return "\n".join(lines)


async def everything(ils: KohaRestIls) -> None:
    for card in (CARD, "2000000099"):
        await ils.patron(card, PIN)
        await ils.patron(card, None)
        await ils.checkout(card, PIN, "3000000000001")
        await ils.renew(card, PIN, "3000000000003")
        await ils.holds(card, PIN)
        await ils.cancel_hold(card, PIN, "3000000000001")
        await ils.fees(card, PIN)
    await ils.changes(None)
    await ils.status()


async def test_no_log_holds_what_nobody_may_read(
    connect: Connect, newer: Server, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.get_running_loop().set_debug(True)
    caplog.set_level(logging.DEBUG)

    await everything(connect(newer))
    for fault in sorted(set(FAULTS) - {"hang", "slow", "huge"}):
        newer.fault = fault
        ils = connect(newer)
        await ils.patron(CARD, PIN)
        newer.spares = frozenset({"/oauth/token", "/items"})
        await ils.checkout(CARD, PIN, "3000000000001")
        newer.spares = frozenset()
    newer.fault = "hang"
    await connect(newer, deadline=0.2).patron(CARD, PIN)

    text = written(caplog.records)
    assert "state=unavailable" in text, "the canary must have something to sing about"
    assert [canary for canary in CANARIES if canary in text] == []


def test_what_is_held_does_not_show_itself() -> None:
    site = KohaSite("koha", "https://koha.example", CLIENT, SECRET)
    patron = read_patron(PATRONS[0])

    assert patron is not None
    shown = repr(site) + repr(patron)
    assert [canary for canary in CANARIES if canary in shown] == []


async def test_a_card_stands_in_no_header_and_a_pin_in_no_address(connect: Connect, newer: Server) -> None:
    await everything(connect(newer))

    for one in newer.koha.asked:
        assert PIN not in one.path + repr(one.query)
        assert not {CARD, PIN} & set(one.headers.values())
        assert "cookie" not in one.headers
        assert not one.body.startswith(b"{") or json.loads(one.body).get("password") != ""


async def test_plain_http_leaves_this_machine_only_where_the_operator_said_so(clock: ManualClock) -> None:
    ils = KohaRestIls(KohaSite("koha", "http://koha.example:80", CLIENT, SECRET), clock)

    answer = await ils.patron(CARD, PIN)
    await ils.close()

    assert (answer.reason, answer.cause) == (PatronReason.UNAVAILABLE, UnavailableCause.NOT_ENCRYPTED)


async def test_plain_http_is_loud(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    KohaRestIls(KohaSite("koha", "http://koha.example", CLIENT, SECRET, plain_text=True), clock)

    assert "plain http" in caplog.text


async def test_tls_is_verified(connect: Connect, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with served(RecordedKoha(), tls=context) as server:
        known = await connect(server, ca_file=pem).patron(CARD, None)
        stranger = await connect(server).patron(CARD, None)
        missing = await connect(server, ca_file=tmp_path / "none.pem").patron(CARD, None)

    assert (known.reason, known.pin) == (PatronReason.KNOWN, PinAnswer.UNKNOWN)
    assert stranger.cause is UnavailableCause.REFUSED
    assert missing.cause is UnavailableCause.NOT_ENCRYPTED
