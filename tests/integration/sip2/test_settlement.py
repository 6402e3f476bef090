"""A change is sent once; where its answer is lost, the register is asked what became of it before any second try."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_simulator import Register
from meroppet.ils.breaker import Breaker
from meroppet.ils.fake import Patron
from meroppet.ils.ports import HoldReason, ItemState, LoanReason, PaymentReason, ReturnReason, UnavailableCause
from meroppet.ils.profiles import KOHA, STANDARD
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.proxy import Loss, LossyProxy

CARD, ITEM, OTHER = "2000000001", "3001", "3002"
DONE = [Loss.ANSWER_THEN_HANG_UP, Loss.ANSWER_IN_SILENCE]


@pytest.fixture
async def proxy(register: Register) -> AsyncIterator[LossyProxy]:
    between = LossyProxy(register.port)
    await between.start()
    yield between
    await between.close()


@pytest.fixture
async def ils(proxy: LossyProxy, clock: HandClock) -> AsyncIterator[Sip2Ils]:
    account = Sip2Account("127.0.0.1", proxy.port, "sip_skiljebo", PASSWORD, institution="SKILJEBO")
    client = Sip2Ils(KOHA, account, clock, deadline=5.0, change_deadline=2.0, breaker=Breaker(limit=0))
    yield client
    await client.close()


@pytest.mark.parametrize("loss", DONE)
async def test_a_loan_that_was_made_is_told_as_made(ils: Sip2Ils, proxy: LossyProxy, loss: Loss) -> None:
    proxy.loses["11"] = loss

    answer = await ils.checkout(CARD, None, ITEM)
    item = await ils.item(ITEM)

    assert (answer.reason, answer.title, answer.may_have_happened) == (
        LoanReason.LOANED,
        "Doktor Glas | en roman",
        False,
    )
    assert (item.state, item.due) == (ItemState.ON_LOAN, answer.due)
    assert proxy.codes == ["11", "17", "63", "17"]


async def test_a_loan_that_never_arrived_is_told_as_not_made_and_may_be_made_later(
    ils: Sip2Ils, proxy: LossyProxy
) -> None:
    proxy.loses["11"] = Loss.REQUEST_THEN_HANG_UP

    first = await ils.checkout(CARD, None, ITEM)
    second = await ils.checkout(CARD, None, ITEM)

    assert (first.reason, first.may_have_happened, first.cause) == (
        LoanReason.UNAVAILABLE,
        False,
        UnavailableCause.CLOSED,
    )
    assert second.reason is LoanReason.LOANED
    assert proxy.codes == ["11", "17", "11"]


async def test_a_register_that_is_only_slow_may_still_make_the_loan(ils: Sip2Ils, proxy: LossyProxy) -> None:
    proxy.loses["11"] = Loss.REQUEST_IN_SILENCE

    first = await ils.checkout(CARD, None, ITEM)
    second = await ils.checkout(CARD, None, ITEM)

    assert (first.reason, first.may_have_happened) == (LoanReason.UNAVAILABLE, True)
    assert second.reason is LoanReason.LOANED
    assert proxy.codes == ["11", "17", "17", "11"]


async def test_a_second_try_asks_before_it_sends(ils: Sip2Ils, proxy: LossyProxy) -> None:
    proxy.loses |= {"11": Loss.ANSWER_THEN_HANG_UP, "17": Loss.REQUEST_THEN_HANG_UP}

    first = await ils.checkout(CARD, None, ITEM)
    second = await ils.checkout(CARD, None, ITEM)

    assert (first.reason, first.may_have_happened) == (LoanReason.UNAVAILABLE, True)
    assert second.reason is LoanReason.LOANED
    assert proxy.codes == ["11", "17", "17", "63"]


async def test_nothing_is_sent_again_while_the_register_cannot_be_asked(ils: Sip2Ils, proxy: LossyProxy) -> None:
    proxy.loses |= {"11": Loss.ANSWER_THEN_HANG_UP, "17": Loss.REQUEST_THEN_HANG_UP}
    proxy.for_ever = True

    answers = [await ils.checkout(CARD, None, ITEM) for _ in range(3)]

    assert {(answer.reason, answer.may_have_happened) for answer in answers} == {(LoanReason.UNAVAILABLE, True)}
    assert proxy.codes.count("11") == 1


async def test_anothers_loan_is_not_taken_for_this_patrons(ils: Sip2Ils, proxy: LossyProxy) -> None:
    await ils.checkout(CARD, None, ITEM)
    proxy.loses["11"] = Loss.ANSWER_THEN_HANG_UP

    answer = await ils.checkout("2000000003", None, ITEM)

    assert (answer.reason, answer.may_have_happened) == (LoanReason.UNAVAILABLE, False)


@pytest.mark.parametrize("loss", DONE)
async def test_a_return_that_was_made_is_told_as_made(ils: Sip2Ils, proxy: LossyProxy, loss: Loss) -> None:
    await ils.checkout(CARD, None, ITEM)
    proxy.loses["09"] = loss

    answer = await ils.checkin(ITEM)

    assert (answer.reason, answer.may_have_happened) == (ReturnReason.RETURNED, False)
    assert proxy.codes.count("09") == 1


async def test_a_return_that_never_arrived_is_told_as_not_made(ils: Sip2Ils, proxy: LossyProxy) -> None:
    await ils.checkout(CARD, None, ITEM)
    proxy.loses["09"] = Loss.REQUEST_THEN_HANG_UP

    first, second = await ils.checkin(ITEM), await ils.checkin(ITEM)

    assert (first.reason, first.may_have_happened) == (ReturnReason.UNAVAILABLE, False)
    assert second.reason is ReturnReason.RETURNED


@pytest.mark.parametrize("loss", DONE)
async def test_a_renewal_is_known_by_its_date(
    ils: Sip2Ils, proxy: LossyProxy, clock: HandClock, register: Register, loss: Loss
) -> None:
    loan = await ils.checkout(CARD, None, ITEM)
    assert loan.due is not None
    _bring_forward(register, ITEM)
    proxy.loses["29"] = loss

    answer = await ils.renew(CARD, None, ITEM)

    assert (answer.reason, answer.due, answer.may_have_happened) == (LoanReason.RENEWED, loan.due, False)
    assert proxy.codes.count("29") == 1


async def test_a_renewal_that_never_arrived_is_told_as_not_made(
    ils: Sip2Ils, proxy: LossyProxy, register: Register
) -> None:
    await ils.checkout(CARD, None, ITEM)
    _bring_forward(register, ITEM)
    proxy.loses["29"] = Loss.REQUEST_THEN_HANG_UP

    answer = await ils.renew(CARD, None, ITEM)

    assert (answer.reason, answer.may_have_happened) == (LoanReason.UNAVAILABLE, False)


def _bring_forward(register: Register, barcode: str) -> None:
    """The loan is a week old: renewed today, it ends later than it did."""
    item = register.library.item(barcode)
    assert item is not None
    assert item.due is not None
    item.due -= timedelta(days=7)


@pytest.mark.parametrize("loss", DONE)
async def test_a_hold_is_known_by_the_number_of_holds(
    proxy: LossyProxy, register: Register, clock: HandClock, loss: Loss
) -> None:
    # A Koha of 19.05 cancels no holds.
    register.control.dialect = DIALECTS["standard"]
    account = Sip2Account("127.0.0.1", proxy.port, "sip_skiljebo", PASSWORD, institution="SKILJEBO")
    ils = Sip2Ils(STANDARD, account, clock, deadline=5.0, change_deadline=2.0, breaker=Breaker(limit=0))

    proxy.loses["15"] = loss
    placed = await ils.place_hold(CARD, "1234", OTHER)
    listed = await ils.holds(CARD, None)
    proxy.loses["15"] = loss
    cancelled = await ils.cancel_hold(CARD, "1234", OTHER)
    left = await ils.holds(CARD, None)
    await ils.close()

    assert (placed.reason, cancelled.reason) == (HoldReason.PLACED, HoldReason.CANCELLED)
    assert ([hold.barcode for hold in listed.holds], left.holds) == ([OTHER], ())
    assert proxy.codes.count("15") == 2


async def test_a_hold_that_never_arrived_is_told_as_not_made(ils: Sip2Ils, proxy: LossyProxy) -> None:
    proxy.loses["15"] = Loss.REQUEST_THEN_HANG_UP

    answer = await ils.place_hold(CARD, "1234", OTHER)

    assert (answer.reason, answer.may_have_happened) == (HoldReason.UNAVAILABLE, False)


def _patron(register: Register) -> Patron:
    patron = register.library.patron(CARD)
    assert patron is not None
    return patron


@pytest.mark.parametrize("loss", DONE)
async def test_a_payment_is_known_by_the_debt(ils: Sip2Ils, proxy: LossyProxy, register: Register, loss: Loss) -> None:
    _patron(register).fees_minor = 10000
    proxy.loses["37"] = loss

    paid = await ils.pay_fee(CARD, None, 4000, "kiosk-1")
    rest = await ils.fees(CARD, None)

    assert (paid.reason, rest.owed_minor) == (PaymentReason.ACCEPTED, 6000)
    assert proxy.codes.count("37") == 1


async def test_a_payment_is_never_booked_twice_where_nobody_can_tell(
    ils: Sip2Ils, proxy: LossyProxy, register: Register
) -> None:
    patron = _patron(register)
    patron.fees_minor = 10000
    proxy.loses["37"] = Loss.REQUEST_IN_SILENCE
    first = await ils.pay_fee(CARD, None, 4000, "kiosk-1")
    # Meanwhile staff wrote off something else.
    patron.fees_minor = 9000

    second = await ils.pay_fee(CARD, None, 4000, "kiosk-1")

    assert [(answer.reason, answer.may_have_happened) for answer in (first, second)] == [
        (PaymentReason.UNAVAILABLE, True)
    ] * 2
    assert proxy.codes.count("37") == 1


@pytest.mark.parametrize("amount", [0, -500, 10**12])
async def test_an_amount_that_is_none_is_not_sent(ils: Sip2Ils, proxy: LossyProxy, amount: int) -> None:
    answer = await ils.pay_fee(CARD, None, amount, "kiosk-1")

    assert (answer.reason, proxy.codes) == (PaymentReason.BAD_INPUT, [])


@pytest.mark.parametrize("loss", [Loss.ANSWER_THEN_HANG_UP, Loss.REQUEST_THEN_HANG_UP])
async def test_what_only_asks_is_not_asked_again_on_a_new_connection_that_broke(
    ils: Sip2Ils, proxy: LossyProxy, loss: Loss
) -> None:
    proxy.loses["63"] = loss
    proxy.for_ever = True

    answer = await ils.patron(CARD, "1234")

    assert (answer.cause, proxy.codes) == (UnavailableCause.CLOSED, ["63"])


async def test_what_only_asks_is_asked_again_once_where_an_idle_connection_was_dead(
    ils: Sip2Ils, proxy: LossyProxy
) -> None:
    await ils.item(ITEM)
    proxy.loses["63"] = Loss.REQUEST_THEN_HANG_UP

    answer = await ils.patron(CARD, "1234")

    assert (answer.patron_id, proxy.codes, proxy.opened) == (CARD, ["17", "63", "63"], 2)


async def test_a_payment_asked_for_twice_at_once_is_booked_once(
    ils: Sip2Ils, proxy: LossyProxy, register: Register
) -> None:
    _patron(register).fees_minor = 5_000

    answers = await asyncio.gather(*(ils.pay_fee(CARD, None, 2_000, "7") for _ in range(3)))

    assert {answer.reason for answer in answers} == {PaymentReason.ACCEPTED}
    assert proxy.codes.count("37") == 1


async def test_a_hold_asked_for_twice_at_once_is_placed_once(ils: Sip2Ils, proxy: LossyProxy) -> None:
    answers = await asyncio.gather(*(ils.place_hold(CARD, None, OTHER) for _ in range(3)))

    assert len({answer.reason for answer in answers}) == 1
    assert proxy.codes.count("15") == 1


async def test_whoever_joins_one_that_gives_up_is_not_left_waiting(ils: Sip2Ils, proxy: LossyProxy) -> None:
    proxy.loses["37"] = Loss.REQUEST_IN_SILENCE
    first = asyncio.create_task(ils.pay_fee(CARD, None, 2_000, "7"))
    second = asyncio.create_task(ils.pay_fee(CARD, None, 2_000, "7"))
    async with asyncio.timeout(20):
        while "37" not in proxy.codes:  # noqa: ASYNC110 (what is waited for happens in the code under test)
            await asyncio.sleep(0.01)
    first.cancel()

    answer = await second

    assert (answer.reason, answer.may_have_happened) == (PaymentReason.UNAVAILABLE, True)
    assert proxy.codes.count("37") == 1
