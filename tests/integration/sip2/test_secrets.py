"""Canary: over everything that can be asked of a register in any state, no secret reaches a log, a message or a trace.

And on the wire there is never an empty PIN, and never a PIN at the end of a line.
"""

import asyncio
import logging
import re
import traceback
from dataclasses import replace

import pytest

from meroppet.ils.acs_simulator import Fault, Register
from meroppet.ils.breaker import Breaker
from meroppet.ils.profiles import KOHA, PRESETS, PinMessage, SiteProfile
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils, Tls
from meroppet.ils.sip2_connection import Lost, open_connection
from meroppet.runtime.clock import SystemClock
from meroppet.sip2 import requests
from tests.integration.sip2.conftest import NOW, PASSWORD
from tests.integration.sip2.peers import ScriptedPeer

CARD, PIN, NAME, TERMINAL, ITEM = "2000000001", "tulpan-7391", "Öberg", "terminal-hemligt", "3001"
SECRETS = (CARD, PIN, NAME, TERMINAL, PASSWORD)


def account(port: int, password: str = PASSWORD, tls: Tls | None = None) -> Sip2Account:
    return Sip2Account(
        "127.0.0.1", port, "sip_skiljebo", password, "SKILJEBO", "SKILJEBO", terminal_password=TERMINAL, tls=tls
    )


def client(account: Sip2Account, profile: SiteProfile = KOHA, deadline: float = 0.05) -> Sip2Ils:
    return Sip2Ils(profile, account, SystemClock(), deadline=deadline, breaker=Breaker(limit=0))


async def everything(ils: Sip2Ils, pin: str | None) -> list[str]:
    """Every question there is; what the answers look like in a log."""
    answers = [
        await ils.patron(CARD, pin),
        await ils.item(ITEM),
        await ils.checkout(CARD, pin, ITEM),
        await ils.renew(CARD, pin, ITEM),
        await ils.checkin(ITEM),
        await ils.place_hold(CARD, pin, ITEM),
        await ils.holds(CARD, pin),
        await ils.cancel_hold(CARD, pin, ITEM),
        await ils.fees(CARD, pin),
        await ils.pay_fee(CARD, pin, 100, "1"),
        await ils.capabilities(),
        await ils.status(),
    ]
    shown = [repr(answer) for answer in answers] + [repr(ils), repr(ils.health)]
    await ils.close()
    return shown


@pytest.mark.parametrize("fault", list(Fault))
async def test_no_secret_is_logged_whatever_the_register_does(
    register: Register, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    caplog.set_level(logging.DEBUG)
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    # Every step of the loop is logged as slow, with everything it was called with.
    loop.slow_callback_duration = 0.0
    register.control.fault, register.control.seconds = fault, 0.3

    shown = await everything(client(account(register.port)), PIN)
    for stranger in (account(register.port, password="fel-" + PASSWORD), account(register.port, tls=Tls())):
        ils = client(stranger)
        shown.append(repr(await ils.patron(CARD, PIN)))
        await ils.close()

    told = caplog.text + "".join(shown)
    assert "Executing" in told
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.GARBAGE, Fault.HALF_ANSWER])
async def test_no_secret_is_in_a_trace_that_shows_variables(register: Register, fault: Fault) -> None:
    register.control.fault, register.control.from_login = Fault.NONE, True
    connection = await open_connection(KOHA, account(register.port))
    register.control.fault = fault
    traces = []
    for attempt in (
        connection.exchange(requests.patron_information(NOW, "SKILJEBO", CARD, PIN, terminal_password=TERMINAL)),
        open_connection(KOHA, account(register.port)),
    ):
        with pytest.raises(Lost) as lost:
            await attempt
        # The test's own variables are not the client's.
        frames = lost.value.__traceback__.tb_next if lost.value.__traceback__ is not None else None
        shown = traceback.TracebackException(Lost, lost.value, frames, capture_locals=True)
        traces.append("".join(shown.format()))
    connection.close()

    told = "".join(traces)
    assert "self = <" in told
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("pin_message", list(PinMessage))
async def test_an_empty_pin_is_never_on_the_wire_and_something_follows_every_pin(
    name: str, pin_message: PinMessage
) -> None:
    profile = replace(PRESETS[name], pin_message=pin_message, sends_pin_with_loans=True)
    bare = replace(profile, wire=replace(profile.wire, error_detection=False))
    peer = ScriptedPeer(_anything)
    await peer.start()
    for pin in (PIN, "", " ", "\t", "\xa0", "12|34", "x" * 65, None):
        await everything(client(account(peer.port), bare, deadline=10.0), pin)
    await peer.close()

    delimiter = re.escape(profile.wire.delimiter.encode())
    assert {line[:2] for line in peer.heard} >= {b"63", b"17", b"11", b"09", b"15", b"37"}
    with_pin = [line for line in peer.heard if re.search(delimiter + rb"AD", line)]
    assert with_pin
    # A register that trims its lines, as Koha does, must find a letter or a digit after the PIN.
    whole = re.compile(delimiter + rb"AD" + PIN.encode() + delimiter + rb".*[A-Za-z0-9]")
    assert [line for line in with_pin if not whole.search(line)] == []


def _anything(line: bytes) -> bytes:
    """Plausible answers to everything, without error detection."""
    at, who = b"20261121    120000", b"AOHUS|AA%s|AB%s|AJTitel|" % (CARD.encode(), ITEM.encode())
    fixed = {
        b"93": b"941",
        b"99": b"98YYYYNN100005" + at + b"2.00AOHUS|BXYYYYYYYYYYYYYYYY|",
        b"23": b"24" + b" " * 14 + b"006" + at + who + b"AEEk|BLY|CQY|",
        b"63": b"64" + b" " * 14 + b"006" + at + b"000000000000000000000000" + who + b"AEEk|BLY|CQY|BV5.00|",
        b"17": b"18040001" + at + who + b"AH20261220    235900|",
        b"11": b"121NNY" + at + who + b"AH20261220    235900|",
        b"29": b"301YNY" + at + who + b"AH20261220    235900|",
        b"09": b"101YNN" + at + who + b"AQHUS|",
        b"15": b"161N" + at + who,
        b"37": b"38Y" + at + who,
    }
    return fixed[line[:2]] + b"\r"
