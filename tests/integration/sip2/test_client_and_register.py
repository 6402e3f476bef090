"""Our client against our register over TCP: the ordinary day in every dialect, and every fault."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator

import pytest

from meroppet.ils.acs_answers import DIALECTS
from meroppet.ils.acs_simulator import Fault, Register
from meroppet.ils.breaker import Breaker
from meroppet.ils.ports import ItemState, LoanReason, PatronReason, ReturnReason, UnavailableCause
from meroppet.ils.profiles import KOHA, PRESETS
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from tests.integration.sip2.conftest import HandClock

PASSWORD = "sip-hemligt"
CARD, ITEM = "2000000001", "3001"


def account(port: int, password: str = PASSWORD, host: str = "127.0.0.1") -> Sip2Account:
    return Sip2Account(host, port, "sip_skiljebo", password, institution="SKILJEBO")


@pytest.fixture
async def ils(register: Register, clock: HandClock) -> AsyncIterator[Sip2Ils]:
    client = Sip2Ils(KOHA, account(register.port), clock, deadline=10.0, breaker=Breaker(limit=0))
    yield client
    await client.close()


@pytest.mark.parametrize("name", sorted(DIALECTS))
async def test_a_visit_in_every_dialect(register: Register, clock: HandClock, name: str) -> None:
    register.control.dialect = DIALECTS[name]
    ils = Sip2Ils(PRESETS[name], account(register.port), clock)

    patron = await ils.patron(CARD, "1234")
    loan = await ils.checkout(CARD, "1234", ITEM)
    on_loan = await ils.item(ITEM)
    back = await ils.checkin(ITEM)
    await ils.close()

    # Evergreen sends no other letters than those of ASCII.
    assert (patron.pin, patron.name) == (PinAnswer.RIGHT, "Asa Oberg" if name == "evergreen" else "Åsa Öberg")
    assert (loan.reason, on_loan.state, on_loan.due) == (LoanReason.LOANED, ItemState.ON_LOAN, loan.due)
    assert (back.reason, str(back.destination)) == (ReturnReason.RETURNED, "shelf")


async def test_facts_and_blocks_reach_the_door(ils: Sip2Ils) -> None:
    good, expired, debarred = [await ils.patron(f"200000000{number}", None) for number in (1, 2, 3)]

    assert good.facts is not None
    assert (str(good.facts.birth_date), good.facts.home, good.facts.category) == ("1980-01-01", "SKILJEBO", "VUXEN")
    assert expired.facts is not None
    assert str(expired.facts.expires) == "2026-10-01"
    assert debarred.facts is not None
    assert debarred.facts.debarred


async def test_a_pin_that_ends_oddly_survives_a_register_that_trims_its_lines(ils: Sip2Ils) -> None:
    assert (await ils.patron("2000000002", "abc!")).pin is PinAnswer.RIGHT


async def test_wrong_pin_and_unknown_card(ils: Sip2Ils) -> None:
    assert (await ils.patron(CARD, "9999")).pin is PinAnswer.WRONG
    unknown = await ils.patron("9999999999", "1234")
    assert (unknown.pin, unknown.reason) == (PinAnswer.UNKNOWN, PatronReason.NO_SUCH_CARD)


@pytest.mark.parametrize("pin", ["", " ", "   "])
async def test_an_empty_pin_is_never_sent(ils: Sip2Ils, register: Register, pin: str) -> None:
    answer = await ils.patron(CARD, pin)

    assert (answer.pin, answer.reason) == (PinAnswer.UNKNOWN, PatronReason.NO_PIN)
    assert register.control.requests == 0


@pytest.mark.parametrize(
    ("card", "pin"),
    [
        ("2000|000001", "1234"),
        ("20\x0000", "1234"),
        ("x" * 10_000, "1"),
        ("", "1234"),
        (CARD, "12|34"),
        (CARD, "12\r34"),
    ],
)
async def test_what_cannot_be_sent_unchanged_is_not_sent(ils: Sip2Ils, register: Register, card: str, pin: str) -> None:
    answer = await ils.patron(card, pin)

    assert (answer.pin, answer.reason) == (PinAnswer.UNKNOWN, PatronReason.BAD_INPUT)
    assert (await ils.checkout("2\r", None, ITEM)).reason is LoanReason.BAD_INPUT
    assert (await ils.checkin("x" * 10_000)).reason is ReturnReason.BAD_INPUT
    assert register.control.requests == 0


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.HANG, UnavailableCause.TIMEOUT),
        (Fault.SLOW, UnavailableCause.TIMEOUT),
        (Fault.LATE_ANSWER, UnavailableCause.TIMEOUT),
        (Fault.NO_CR, UnavailableCause.TIMEOUT),
        (Fault.WRONG_SEQUENCE, UnavailableCause.WRONG_SEQUENCE),
        (Fault.BAD_CHECKSUM, UnavailableCause.BAD_CHECKSUM),
        (Fault.CLOSE, UnavailableCause.CLOSED),
        (Fault.WRONG_PATRON, UnavailableCause.WRONG_PATRON),
    ],
)
async def test_every_fault_is_an_answer_within_the_deadline(
    register: Register, clock: HandClock, fault: Fault, cause: UnavailableCause
) -> None:
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=1.0, breaker=Breaker(limit=0))
    await ils.status()
    register.control.fault, register.control.seconds = fault, 60.0

    # How little it may be late is measured under tests/faults.
    async with asyncio.timeout(10):
        answer = await ils.patron(CARD, "1234")
    register.control.fault = Fault.NONE
    after = await ils.patron("2000000003", "1234")
    await ils.close()

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, cause)
    assert answer.facts is None
    assert (after.pin, after.patron_id) == (PinAnswer.RIGHT, "2000000003")


async def test_a_hanging_login_is_cut_off_too(register: Register, clock: HandClock) -> None:
    register.control.fault, register.control.from_login = Fault.HANG, True
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=0.1)

    answer = await ils.checkout(CARD, None, ITEM)

    assert (answer.reason, answer.cause, answer.may_have_happened) == (
        LoanReason.UNAVAILABLE,
        UnavailableCause.TIMEOUT,
        False,
    )


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.LATE_ANSWER])
async def test_a_loan_is_sent_once_and_then_only_asked_for(register: Register, clock: HandClock, fault: Fault) -> None:
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=2.0)
    await ils.status()
    register.control.fault, register.control.seconds = fault, 60.0

    answer = await ils.checkout(CARD, None, ITEM)
    asked = register.control.requests
    register.control.fault = Fault.NONE
    item = await ils.item(ITEM)
    await ils.close()

    assert (answer.reason, answer.may_have_happened, asked) == (LoanReason.UNAVAILABLE, True, 2)
    assert item.state is ItemState.ON_LOAN


async def test_a_question_is_asked_again_when_the_register_had_closed_an_idle_connection(
    ils: Sip2Ils, register: Register
) -> None:
    await ils.status()
    host_port = register.port
    await register.close()
    await register.start("127.0.0.1", host_port)

    assert (await ils.patron(CARD, "1234")).pin is PinAnswer.RIGHT


async def test_a_connection_is_given_up_before_the_register_does(ils: Sip2Ils, clock: HandClock) -> None:
    await ils.status()
    first = ils._calls._pool._resting[0].connection
    clock.seconds += KOHA.idle_seconds + 1

    assert (await ils.patron(CARD, "1234")).pin is PinAnswer.RIGHT
    assert ils._calls._pool._resting[0].connection is not first


async def test_nobody_listening_and_a_refused_login_are_answers(register: Register, clock: HandClock) -> None:
    stranger = Sip2Ils(KOHA, account(register.port, password="fel"), clock)
    with socket.socket() as deaf:
        # Bound, so that nobody else can answer there, and not listening.
        deaf.bind(("127.0.0.1", 0))
        gone = Sip2Ils(KOHA, account(deaf.getsockname()[1]), clock)

        assert (await gone.patron(CARD, "1234")).cause is UnavailableCause.REFUSED
    assert (await stranger.item(ITEM)).cause is UnavailableCause.LOGIN_REFUSED


async def test_a_pin_never_crosses_a_network_in_plain_text(clock: HandClock) -> None:
    ils = Sip2Ils(KOHA, account(6001, host="203.0.113.9"), clock)

    assert (await ils.patron(CARD, "1234")).cause is UnavailableCause.NOT_ENCRYPTED


async def test_after_three_failures_the_register_is_left_alone_for_a_while(
    register: Register, clock: HandClock
) -> None:
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=2.0)
    await ils.status()
    register.control.fault = Fault.HANG

    causes = [(await ils.patron(CARD, "1234")).cause for _ in range(5)]
    seen = register.control.requests
    register.control.fault = Fault.NONE
    clock.seconds += 30
    after = await ils.patron(CARD, "1234")
    await ils.close()

    assert causes == [UnavailableCause.TIMEOUT] * 3 + [UnavailableCause.BREAKER_OPEN] * 2
    assert seen == 3
    assert after.pin is PinAnswer.RIGHT


async def test_calls_wait_for_each_other_and_each_gets_its_own_answer(ils: Sip2Ils) -> None:
    cards = [f"200000000{1 + number % 3}" for number in range(30)]

    answers = await asyncio.gather(*(ils.patron(card, None) for card in cards))

    assert [answer.patron_id for answer in answers] == cards


async def test_no_card_pin_password_or_name_is_logged(
    register: Register, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ils = Sip2Ils(KOHA, account(register.port), clock, deadline=0.1)

    for fault in Fault:
        register.control.fault = fault
        await ils.patron(CARD, "7391")
        await ils.checkout(CARD, "7391", ITEM)
    await ils.close()

    told = caplog.text + repr(account(1)) + repr(ils)
    assert not any(secret in told for secret in (CARD, "7391", PASSWORD, "Åsa", "Öberg"))
