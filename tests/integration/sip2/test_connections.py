"""How many connections there are and for how long, what keeps them alive, and when a register is left alone."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from meroppet.ils.acs_simulator import Fault, Register
from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import KOHA, SiteProfile
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import Clock, SystemClock
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.peers import ScriptedPeer
from tests.integration.sip2.proxy import Loss, LossyProxy

CARD, ITEM = "2000000001", "3001"
FAULTS = [
    Fault.HANG,
    Fault.SLOW,
    Fault.WRONG_SEQUENCE,
    Fault.BAD_CHECKSUM,
    Fault.NO_CR,
    Fault.CLOSE,
    Fault.LATE_ANSWER,
]


@pytest.fixture
async def proxy(register: Register) -> AsyncIterator[LossyProxy]:
    between = LossyProxy(register.port)
    await between.start()
    yield between
    await between.close()


def account(port: int, host: str = "127.0.0.1", allowed: str = "") -> Sip2Account:
    in_the_clear = frozenset({allowed})
    return Sip2Account(host, port, "sip_skiljebo", PASSWORD, institution="SKILJEBO", plain_text_hosts=in_the_clear)


def client(port: int, clock: Clock, profile: SiteProfile = KOHA, *, stays_open: float = 120.0) -> Sip2Ils:
    return Sip2Ils(profile, account(port), clock, deadline=10.0, breaker=Breaker(limit=0), stays_open=stays_open)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 (what is waited for happens in the code under test)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("size", [1, 3])
async def test_there_are_never_more_connections_than_the_profile_allows(
    proxy: LossyProxy, clock: HandClock, size: int
) -> None:
    ils = client(proxy.port, clock, replace(KOHA, pool_size=size))

    cards = [f"200000000{1 + number % 3}" for number in range(30)]
    answers = await asyncio.gather(*(ils.patron(card, None) for card in cards))
    await ils.close()

    assert [answer.patron_id for answer in answers] == cards
    assert (proxy.most_open, proxy.opened) == (size, size)


async def test_a_used_connection_is_kept_alive_and_an_idle_one_is_closed(register: Register, clock: HandClock) -> None:
    heard = ScriptedRelay(register.port)
    await heard.start()
    ils = client(heard.port, clock, replace(KOHA, idle_seconds=0.25), stays_open=1.0)
    await ils.item(ITEM)

    await until(lambda: heard.codes.count("99") >= 3)
    kept = await ils.item(ITEM)
    opened_while_kept = heard.opened
    # Ripe at its next look: a machine that stands still for a moment ages nothing here.
    clock.seconds += 1.0
    await until(lambda: heard.open_now == 0)
    again = await ils.item(ITEM)
    await ils.close()
    await heard.close()

    assert (kept.ok, again.ok) == (True, True)
    assert (opened_while_kept, heard.opened) == (1, 2)


class ScriptedRelay(LossyProxy):
    """Notes every request, status too."""

    def _loss(self, code: str) -> None:
        self.codes.append(code)


async def test_a_call_during_a_keep_alive_gets_its_own_answer(register: Register) -> None:
    ils = client(register.port, SystemClock(), replace(KOHA, idle_seconds=0.02))
    for number in range(100):
        card = f"200000000{1 + number % 3}"
        assert (await ils.patron(card, None)).patron_id == card
        await asyncio.sleep(0.016)
    await ils.close()


async def test_a_connection_that_dies_while_kept_alive_is_replaced(register: Register) -> None:
    ils = client(register.port, SystemClock(), replace(KOHA, idle_seconds=0.1))
    await ils.item(ITEM)
    await register.drop()
    await asyncio.sleep(0.15)

    assert (await ils.item(ITEM)).ok
    await ils.close()


async def test_after_close_nothing_is_left_and_the_next_call_opens_anew(proxy: LossyProxy, clock: HandClock) -> None:
    tasks = asyncio.all_tasks()
    ils = client(proxy.port, clock)
    await ils.item(ITEM)
    await ils.close()
    await ils.close()
    await until(lambda: proxy.open_now == 0)
    left = {task for task in asyncio.all_tasks() - tasks if "LossyProxy" not in repr(task)}

    assert left == set()
    assert (await ils.item(ITEM)).ok
    await ils.close()


async def test_whoever_is_cancelled_takes_the_connection_along(proxy: LossyProxy, clock: HandClock) -> None:
    ils = client(proxy.port, clock)
    proxy.loses["63"] = Loss.ANSWER_IN_SILENCE
    asking = asyncio.create_task(ils.patron(CARD, "1234"))
    await until(lambda: proxy.codes == ["63"])
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    other = await ils.patron("2000000003", None)
    await ils.close()

    assert (other.patron_id, proxy.opened) == ("2000000003", 2)


async def test_an_account_without_a_user_does_not_log_in(clock: HandClock) -> None:
    peer = ScriptedPeer(lambda _line: b"98YYYYNN10000520261121    2335492.00AOHUS|BXYYYYYYYYYYYNYYYY|\r")
    await peer.start()
    open_door = replace(KOHA, wire=replace(KOHA.wire, error_detection=False))
    ils = Sip2Ils(open_door, Sip2Account("127.0.0.1", peer.port, "", ""), clock)
    status = await ils.status()
    await ils.close()
    await peer.close()

    assert status.online
    assert {line[:2] for line in peer.heard} == {b"99"}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failing_register_sees_one_call_in_thirty_seconds(
    register: Register, clock: HandClock, fault: Fault
) -> None:
    register.control.fault, register.control.seconds = fault, 60.0
    # Each of the few calls that are made must get as far as the register, on a busy machine too.
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=0.6)
    for _ in range(3):
        await ils.patron(CARD, "1234")
    before = register.control.requests

    seen = []
    for _ in range(100):
        clock.seconds += 1
        answer = await ils.patron(CARD, "1234")
        assert answer.cause is not None
        seen.append(register.control.requests)
    await ils.close()

    assert before <= 3
    assert [number + 1 for number in range(100) if seen[number] != ([before, *seen])[number]] == [30, 60, 90]


async def test_half_open_means_one_probe_however_many_ask(register: Register, clock: HandClock) -> None:
    register.control.fault = Fault.HANG
    breaker = Breaker(limit=1)
    ils = Sip2Ils(replace(KOHA, pool_size=5), account(register.port), clock, deadline=1.0, breaker=breaker)
    await ils.patron(CARD, "1234")
    before = register.control.requests
    clock.seconds += 30

    causes = [answer.cause for answer in await asyncio.gather(*(ils.patron(CARD, "1234") for _ in range(20)))]
    await ils.close()

    assert register.control.requests == before + 1
    assert set(causes) == {UnavailableCause.BREAKER_OPEN, UnavailableCause.TIMEOUT}


async def test_a_probe_that_succeeds_ends_the_rest(register: Register, clock: HandClock) -> None:
    register.control.fault = Fault.CLOSE
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=5.0)
    for _ in range(3):
        await ils.patron(CARD, "1234")
    resting = ils.health
    register.control.fault = Fault.NONE
    clock.seconds += 30
    answers = [await ils.patron(CARD, "1234") for _ in range(3)]
    await ils.close()

    assert (resting.is_resting, resting.failures, resting.cause) == (True, 3, UnavailableCause.CLOSED)
    assert [answer.cause for answer in answers] == [None] * 3
    assert (ils.health.is_resting, ils.health.failures, ils.health.answered_at) == (False, 0, clock.now())


@pytest.mark.parametrize("fault", [Fault.WRONG_PATRON, Fault.CLOSE])
async def test_nobody_takes_the_register_from_the_others_by_a_number_it_answers_wrongly(
    register: Register, clock: HandClock, fault: Fault
) -> None:
    register.control.fault = fault
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=5.0)
    for _ in range(4):
        assert (await ils.patron(CARD, None)).pin is PinAnswer.UNAVAILABLE
    register.control.fault = Fault.NONE
    answer = await ils.patron(CARD, "1234")
    await ils.close()

    assert answer.cause is (None if fault is Fault.WRONG_PATRON else UnavailableCause.BREAKER_OPEN)


async def test_those_who_only_waited_do_not_open_the_breaker(register: Register, clock: HandClock) -> None:
    register.control.fault = Fault.HANG
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=0.2)

    await asyncio.gather(*(ils.patron(CARD, "1234") for _ in range(10)))
    await ils.close()

    assert ils.health.failures == 1


async def test_callers_who_lose_patience_first_open_the_breaker_too(register: Register, clock: HandClock) -> None:
    register.control.fault = Fault.HANG
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=0.2)

    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.19):
                await ils.patron(CARD, "1234")

    assert ils.health.is_resting


async def test_plain_text_over_a_network_is_loud_once_and_only_where_the_operator_allows_it(
    clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    # 192.0.2.0/24 is for documentation: nobody answers there.
    allowed = Sip2Ils(KOHA, account(6001, "192.0.2.1", "192.0.2.1"), clock, deadline=0.05)
    refused = Sip2Ils(KOHA, account(6001, "192.0.2.1", "192.0.2.2"), clock)

    causes = [(await ils.patron(CARD, "1234")).cause for ils in (allowed, allowed, refused)]
    loud = [record for record in caplog.records if "NOT ENCRYPTED" in record.message]

    assert causes[0] is not UnavailableCause.NOT_ENCRYPTED
    assert causes[2] is UnavailableCause.NOT_ENCRYPTED
    assert [(record.levelno, "192.0.2.1" in record.message) for record in loud] == [(logging.WARNING, True)]


async def test_a_door_shares_the_connection_and_passes_a_pile_of_returns(proxy: LossyProxy, clock: HandClock) -> None:
    ils = client(proxy.port, clock)
    door = ils.for_the_door()
    await ils.status()

    pile = [asyncio.create_task(ils.checkin(f"39{number:02}")) for number in range(20)]
    await asyncio.sleep(0)
    patron = await door.patron(CARD, "1234")
    await asyncio.gather(*pile)
    await door.close()

    assert (patron.patron_id, proxy.most_open, proxy.opened) == (CARD, 1, 1)
    # The return that was under way is finished first.
    assert proxy.codes == ["09", "63", *["09"] * 19]


async def test_a_door_finds_the_register_left_alone_where_the_kiosk_found_it_hanging(
    register: Register, clock: HandClock
) -> None:
    register.control.fault = Fault.HANG
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=0.1)
    door = ils.for_the_door()
    for _ in range(3):
        await ils.item(ITEM)

    answer = await door.patron(CARD, "1234")
    await ils.close()

    assert (answer.cause, door.health.is_resting) == (UnavailableCause.BREAKER_OPEN, True)


async def test_whoever_is_connecting_while_all_is_closed_leaves_nothing_open(
    proxy: LossyProxy, clock: HandClock
) -> None:
    ils = client(proxy.port, clock)
    asking = asyncio.create_task(ils.patron(CARD, "1234"))
    await asyncio.sleep(0)
    await ils.close()
    answer = await asking

    assert answer.cause is UnavailableCause.CLOSED
    await until(lambda: proxy.open_now == 0)


@pytest.mark.parametrize("turns", range(1, 6))
async def test_whoever_gives_up_before_asking_leaves_no_connection_open(
    proxy: LossyProxy, clock: HandClock, turns: int
) -> None:
    ils = client(proxy.port, clock)
    for _ in range(3):
        await ils.item(ITEM)
        asking = asyncio.create_task(ils.item(ITEM))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    await until(lambda: proxy.open_now <= 1)
    await ils.close()


@pytest.mark.parametrize("more", [b"18030001" + b" " * 18 + b"AB3001|AJX|\r", b"18", b"\n18030001"])
async def test_what_is_said_behind_an_answer_is_never_taken_for_the_next_one(clock: HandClock, more: bytes) -> None:
    said = {
        b"99": b"98YYYYNN10000520261121    2335492.00AOHUS|BXYYYYYYYYYYYNYYYY|\r",
        b"17": b"18030001" + b" " * 18 + b"AB3001|AJDoktor Glas|\r" + more,
    }
    peer = ScriptedPeer(lambda line: said[line[:2]])
    await peer.start()
    plain = replace(KOHA, wire=replace(KOHA.wire, error_detection=False))
    ils = Sip2Ils(plain, Sip2Account("127.0.0.1", peer.port, "", ""), clock, breaker=Breaker(limit=1))
    titles = [(await ils.item(ITEM)).title for _ in range(4)]
    await ils.close()
    await peer.close()

    assert titles == ["Doktor Glas"] * 4
