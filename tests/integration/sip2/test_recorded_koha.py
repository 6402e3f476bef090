"""Our client against what a real Koha answered: a peer that replays the recording to the client's own requests."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import LoanReason, ReturnReason, UnavailableCause
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.peers import ScriptedPeer

GOLDEN = Path(__file__).parents[2] / "golden" / "koha" / "sip2.jsonl"
RECORDS = {r["case"]: r for r in map(json.loads, GOLDEN.read_text(encoding="utf-8").splitlines())}
PLAIN = replace(KOHA, wire=replace(KOHA.wire, error_detection=False))
"""The recordings were made without AY and AZ."""


def response(case: str) -> bytes:
    return str(RECORDS[case]["response"]).encode("latin-1")


class Koha:
    """Says what Koha said when it was asked the same kind of thing in one recorded case."""

    def __init__(self, **cases: str) -> None:
        self._cases = {"93": "login/ok", "99": "sc-status/v2"} | {code[1:]: case for code, case in cases.items()}

    def __call__(self, line: bytes) -> bytes:
        return response(self._cases[line[:2].decode()])


async def talk(clock: HandClock, script: Koha) -> tuple[ScriptedPeer, Sip2Ils]:
    peer = ScriptedPeer(script)
    await peer.start()
    account = Sip2Account("127.0.0.1", peer.port, "sip_vasteras", PASSWORD, "VASTERAS", "VASTERAS")
    return peer, Sip2Ils(PLAIN, account, clock, deadline=0.5, breaker=Breaker(limit=0))


@pytest.mark.parametrize(
    ("case", "card", "pin"),
    [
        ("patron-info/good/right-pin", "2000000001", PinAnswer.RIGHT),
        ("patron-info/good/no-AD", "2000000001", PinAnswer.UNKNOWN),
        ("patron-info/debarred/wrong-pin", "2000000003", PinAnswer.WRONG),
        ("patron-info/locked/right-pin", "2000000008", PinAnswer.WRONG),
    ],
)
async def test_the_pin_as_koha_answered_it(clock: HandClock, case: str, card: str, pin: PinAnswer) -> None:
    peer, ils = await talk(clock, Koha(m63=case))

    answer = await ils.patron(card, "1234")
    await ils.close()
    await peer.close()

    assert answer.pin is pin


async def test_a_recorded_visit_from_login_to_return(clock: HandClock) -> None:
    koha = Koha(m63="patron-info/good/right-pin", m11="checkout/ok", m09="checkin/ok-own-item")
    peer, ils = await talk(clock, koha)
    out, back = (
        RECORDS[case]["request"].split("|AB")[1].split("|")[0] for case in ("checkout/ok", "checkin/ok-own-item")
    )
    borrower = RECORDS["checkout/ok"]["request"].split("|AA")[1].split("|")[0]

    status = await ils.status()
    patron = await ils.patron("2000000001", "1234")
    loan = await ils.checkout(borrower, "1234", out)
    returned = await ils.checkin(back)
    await ils.close()
    await peer.close()

    assert (status.online, status.institution) == (True, "VASTERAS")
    assert (patron.pin, patron.name) == (PinAnswer.RIGHT, "Åsa Öberg")
    assert (loan.reason, returned.reason) == (LoanReason.LOANED, ReturnReason.RETURNED)


async def test_a_refused_login_as_koha_refused_it(clock: HandClock) -> None:
    peer, ils = await talk(clock, Koha(m93="login/wrong-password"))

    answer = await ils.patron("2000000001", "1234")
    await peer.close()

    assert answer.cause is UnavailableCause.LOGIN_REFUSED


async def test_a_stray_second_answer_is_not_taken_for_the_next_one(clock: HandClock) -> None:
    koha = Koha(m63="patron-info/good/right-pin")
    peer, ils = await talk(clock, koha)
    await ils.patron("2000000001", "1234")
    peer.say(response("patron-info/good/right-pin"))
    koha._cases["63"] = "patron-info/good/empty-pin"

    answer = await ils.patron("2000000001", "0000")
    await ils.close()
    await peer.close()

    assert answer.pin is PinAnswer.WRONG
    assert [line[:2] for line in peer.heard] == [b"93", b"99", b"63", b"93", b"99", b"63"]


async def test_no_empty_pin_is_ever_on_the_wire_and_a_value_follows_every_pin(clock: HandClock) -> None:
    peer, ils = await talk(clock, Koha(m63="patron-info/good/right-pin", m11="checkout/ok", m29="renew/ok"))

    for pin in ("1234", "", " ", None):
        await ils.patron("2000000001", pin)
        await ils.checkout("2000000001", pin, "1")
        await ils.renew("2000000001", pin, "1")
    await ils.close()
    await peer.close()

    assert not any(b"|AD|" in line or b"|AD |" in line for line in peer.heard)
    with_pin = [line for line in peer.heard if b"|AD1234|" in line]
    assert with_pin
    assert all(line.split(b"|AD1234|")[1].startswith(b"BP1|") for line in with_pin)
