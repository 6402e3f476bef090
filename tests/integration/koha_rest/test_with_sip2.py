"""The recorded Koha 19.05 with a SIP2 account beside it: facts over REST, PINs and everything that moves over SIP2."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from meroppet.ils.acs_faults import Fault
from meroppet.ils.acs_simulator import Register, RegisterAccount, RegisterControl, serve
from meroppet.ils.fake import Item, Library, Patron
from meroppet.ils.koha_rest import KohaRestIls
from meroppet.ils.ports import Can, LoanReason, PatronReason, ReturnReason, UnavailableCause
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from tests.fakes.clocks import ManualClock
from tests.integration.koha_rest.conftest import RECORDED_ON, Connect
from tests.integration.koha_rest.replay import Server

PASSWORD = "sip-hemligt"


def library() -> Library:
    patrons = [
        Patron(card="2000000001", pin="1234", name="Åsa Öberg", birth_date=date(1980, 1, 1), home="VASTERAS"),
        Patron(card="2000000004", pin="1234", name="David Söderström", fees_minor=25000),
        Patron(card="2000000009", pin="1234", name="Ida Ö", debarred="Spärrad i kassan"),
    ]
    items = [Item(barcode="3000000000001", title="Doktor Glas", owner="VASTERAS")]
    return Library(patrons, items, RECORDED_ON.date, name="Västerås")


@pytest.fixture
async def register(clock: ManualClock) -> AsyncIterator[Register]:
    running = await serve(
        library(),
        "127.0.0.1",
        0,
        accounts=[RegisterAccount("sip_vasteras", PASSWORD, "VASTERAS")],
        clock=clock,
        control=RegisterControl(seconds=0.3),
    )
    yield running
    await running.close()


@pytest.fixture
def ils(connect: Connect, old: Server, register: Register, clock: ManualClock) -> KohaRestIls:
    return both(connect, old, register, clock)


def both(
    connect: Connect, old: Server, register: Register, clock: ManualClock, *, deadline: float = 10.0
) -> KohaRestIls:
    account = Sip2Account("127.0.0.1", register.port, "sip_vasteras", PASSWORD, "VASTERAS")
    return connect(old, sip2=Sip2Ils(KOHA, account, clock, deadline=deadline), deadline=deadline)


async def test_the_pin_goes_by_sip2_and_the_facts_by_rest(ils: KohaRestIls, old: Server) -> None:
    right, wrong = await ils.patron("2000000001", "1234"), await ils.patron("2000000001", "9999")

    assert (right.pin, wrong.pin) == (PinAnswer.RIGHT, PinAnswer.WRONG)
    assert right.facts is not None
    assert right.facts.expires == date(2027, 12, 26)
    assert right.patron_id == "2000000001"
    assert all(b"1234" not in one.body for one in old.koha.asked)


async def test_a_pin_is_not_sent_before_the_card_is_known(ils: KohaRestIls, register: Register) -> None:
    assert (await ils.patron("2000009999", "1234")).reason is PatronReason.NO_SUCH_CARD
    assert register.control.requests == 0


async def test_a_debt_that_rest_cannot_tell_comes_from_sip2(ils: KohaRestIls) -> None:
    answer = await ils.patron("2000000004", "1234")

    assert answer.facts is not None
    assert answer.facts.fees_minor == 25000


async def test_who_is_blocked_in_either_is_blocked(ils: KohaRestIls) -> None:
    answer = await ils.patron("2000000009", "1234")

    assert answer.facts is not None
    assert answer.facts.debarred


async def test_what_rest_knows_and_sip2_does_not_is_no_answer(ils: KohaRestIls) -> None:
    answer = await ils.patron("2000000005", "1234")

    assert (answer.reason, answer.pin) == (PatronReason.UNAVAILABLE, PinAnswer.UNAVAILABLE)
    assert answer.cause is UnavailableCause.WRONG_PATRON


async def test_another_patrons_answer_is_no_answer(ils: KohaRestIls, register: Register) -> None:
    register.control.fault = Fault.WRONG_PATRON

    assert (await ils.patron("2000000001", "1234")).cause is UnavailableCause.WRONG_PATRON


async def test_a_silent_sip2_is_unavailable_and_never_a_yes(
    connect: Connect, old: Server, register: Register, clock: ManualClock
) -> None:
    ils = both(connect, old, register, clock, deadline=1.0)
    register.control.fault = Fault.HANG

    answer = await ils.patron("2000000001", "1234")

    assert (answer.pin, answer.facts) == (PinAnswer.UNAVAILABLE, None)
    assert answer.cause is UnavailableCause.TIMEOUT


async def test_items_move_by_sip2(ils: KohaRestIls) -> None:
    assert (await ils.item("3000000000001")).ok
    assert (await ils.checkout("2000000001", "1234", "3000000000001")).reason is LoanReason.LOANED
    assert (await ils.renew("2000000001", "1234", "3000000000001")).reason is LoanReason.RENEWED
    assert (await ils.checkin("3000000000001")).reason is ReturnReason.RETURNED
    assert (await ils.fees("2000000004", "1234")).owed_minor == 25000


async def test_what_can_be_asked_is_what_both_offer(ils: KohaRestIls) -> None:
    can = (await ils.capabilities()).can

    assert can >= {Can.CHECK_PIN, Can.CHECKOUT, Can.CHECKIN, Can.LIST_CHANGES, Can.TELL_FEES}
    assert (await ils.status()).checkin_ok


async def test_a_pin_that_sip2_cannot_carry_is_no_fault_of_the_register(ils: KohaRestIls, register: Register) -> None:
    answer = await ils.patron("2000000001", "12|34")

    assert (answer.reason, answer.pin) == (PatronReason.BAD_INPUT, PinAnswer.UNKNOWN)
