"""What every e-ID driver must keep, over its stand-in: the contract of server/eid/ports.py."""

from datetime import timedelta

import pytest

from server.eid.ports import Eid, Ended, Hint, Identified, Order, Pending, Why
from tests.fakes.clocks import ManualClock
from tests.integration.server.eid.conftest import ANNA, Phone

HERE = "192.0.2.7"
TEXT = "Logga in hos Nora bibliotek"


async def _begun(eid: Eid, clock: ManualClock, *, sign: bool = False) -> Order:
    order = await eid.begin(HERE, TEXT, clock.now(), sign=sign)
    assert isinstance(order, Order)
    return order


async def test_an_order_waits_then_says_to_confirm_then_who_it_was(eid: Eid, phone: Phone, clock: ManualClock) -> None:
    order = await _begun(eid, clock)

    assert await eid.collect(order) == Pending(Hint.START)
    ref = await phone.start(order)
    assert await eid.collect(order) == Pending(Hint.CONFIRM)
    assert await phone.sign(ref)
    done = await eid.collect(order)

    assert isinstance(done, Identified)
    assert done.number == ANNA.number
    assert len(done.proof) == 64


async def test_nobody_is_identified_twice_by_one_order(eid: Eid, phone: Phone, clock: ManualClock) -> None:
    order = await _begun(eid, clock)
    await phone.sign(await phone.start(order))
    assert isinstance(await eid.collect(order), Identified)

    assert await eid.collect(order) == Ended(Why.FAILED)


async def test_the_qr_code_changes_each_second_and_the_camera_takes_only_a_fresh_one(
    eid: Eid, phone: Phone, clock: ManualClock
) -> None:
    order = await _begun(eid, clock)
    first = eid.qr(order, clock.now())
    clock.advance(timedelta(seconds=1))
    assert eid.qr(order, clock.now()) != first
    clock.advance(timedelta(seconds=9))

    assert await phone.scan(first) is None
    assert await phone.scan(eid.qr(order, clock.now())) is not None


async def test_signing_shows_the_text_and_proves_it(eid: Eid, phone: Phone, clock: ManualClock) -> None:
    order = await _begun(eid, clock, sign=True)
    shown = await phone.client.post(f"{phone.url}/start", data={"autostart": order.autostart})

    assert shown.json()["text"] == TEXT
    assert shown.json()["kind"] == "sign"
    assert await phone.sign(shown.json()["ref"])
    assert isinstance(await eid.collect(order), Identified)


async def test_whoever_presses_cancel_in_the_app_is_not_identified(eid: Eid, phone: Phone, clock: ManualClock) -> None:
    order = await _begun(eid, clock)
    await phone.cancel(await phone.start(order))

    assert await eid.collect(order) == Ended(Why.USER_CANCELLED)


@pytest.mark.parametrize(("picked_up", "seconds", "why"), [(False, 30, Why.NOT_STARTED), (True, 180, Why.EXPIRED)])
async def test_an_order_ends_by_itself(
    eid: Eid, phone: Phone, clock: ManualClock, picked_up: bool, seconds: int, why: Why
) -> None:
    order = await _begun(eid, clock)
    ref = await phone.start(order) if picked_up else None
    clock.advance(timedelta(seconds=seconds - 1))
    assert isinstance(await eid.collect(order), Pending)
    clock.advance(timedelta(seconds=1))

    assert not await phone.sign(ref or order.ref)
    assert await eid.collect(order) == Ended(why)


async def test_a_cancelled_order_can_be_signed_by_nobody(eid: Eid, phone: Phone, clock: ManualClock) -> None:
    order = await _begun(eid, clock)
    ref = await phone.start(order)

    await eid.cancel(order)
    await eid.cancel(order)

    assert not await phone.sign(ref)
    assert await eid.collect(order) == Ended(Why.FAILED)


async def test_an_order_survives_being_sealed_and_opened(eid: Eid, clock: ManualClock) -> None:
    order = await _begun(eid, clock)

    assert Order.from_text(order.to_text()) == order
    assert order.ref not in repr(order)
    assert order.qr_secret not in repr(order)
    assert eid.start_link(order).startswith("bankid:///")
