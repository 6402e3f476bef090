"""A whole day with a register that shares no code with us, in plain text on loopback and through two kinds of TLS."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from meroppet.ils.ports import (
    AccountReason,
    Can,
    Hold,
    HoldReason,
    HoldState,
    ItemState,
    LoanReason,
    PatronReason,
    PaymentReason,
    ReturnReason,
    UnavailableCause,
)
from meroppet.ils.profiles import STANDARD
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils, Tls
from meroppet.rules.pin import PinAnswer
from tests.fakes.certificates import certificate, fingerprint
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.independent_register import CARD, ITEM, NAME, OTHER, PIN, TITLE, SmallRegister, listening
from tests.integration.sip2.tunnel import client_side, register_side

WAYS = ["plain", "tls", "pinned", "stunnel"]


@asynccontextmanager
async def way(kind: str, register: SmallRegister, folder: Path) -> AsyncIterator[tuple[int, Tls | None]]:
    """The port to call and how, for each way to the register."""
    pem = certificate(folder)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(register))
        if kind != "plain":
            port = await stack.enter_async_context(register_side(folder, pem, port))
        if kind == "stunnel":
            port = await stack.enter_async_context(client_side(folder, pem, port))
        yield port, {"tls": Tls(ca_file=pem), "pinned": Tls(pinned_sha256=fingerprint(pem))}.get(kind)


def client(port: int, tls: Tls | None, clock: HandClock) -> Sip2Ils:
    account = Sip2Account("127.0.0.1", port, "door", PASSWORD, "BIBL", "BIBL", tls=tls)
    return Sip2Ils(STANDARD, account, clock, deadline=10.0)


@pytest.mark.parametrize("kind", WAYS)
async def test_a_whole_visit(kind: str, tmp_path: Path, clock: HandClock) -> None:
    register = SmallRegister()
    async with way(kind, register, tmp_path) as (port, tls):
        ils = client(port, tls, clock)
        status = await ils.status()
        patron, wrong = await ils.patron(CARD, PIN), await ils.patron(CARD, "0000")
        loan, on_loan = await ils.checkout(CARD, PIN, ITEM), await ils.item(ITEM)
        renewed = await ils.renew(CARD, PIN, ITEM)
        back, again = await ils.checkin(ITEM), await ils.checkin(ITEM)
        await ils.close()

    assert (status.online, status.institution) == (True, "BIBL")
    assert (patron.pin, patron.name, wrong.pin) == (PinAnswer.RIGHT, NAME, PinAnswer.WRONG)
    assert (loan.reason, loan.title, str(loan.due)) == (LoanReason.LOANED, TITLE, "2026-12-21")
    assert (on_loan.state, on_loan.due) == (ItemState.ON_LOAN, loan.due)
    assert (renewed.reason, str(renewed.due)) == (LoanReason.RENEWED, "2027-01-21")
    assert (back.reason, str(back.destination)) == (ReturnReason.RETURNED, "shelf")
    assert again.reason is ReturnReason.NOT_ON_LOAN


@pytest.mark.parametrize("kind", WAYS)
async def test_holds_and_fees(kind: str, tmp_path: Path, clock: HandClock) -> None:
    register = SmallRegister(holds=[OTHER])
    async with way(kind, register, tmp_path) as (port, tls):
        ils = client(port, tls, clock)
        placed = await ils.place_hold(CARD, PIN, ITEM)
        listed = await ils.holds(CARD, PIN)
        cancelled = await ils.cancel_hold(CARD, PIN, OTHER)
        owed = await ils.fees(CARD, PIN)
        paid = await ils.pay_fee(CARD, PIN, 12000, "kiosk-1")
        rest = await ils.fees(CARD, None)
        can = await ils.capabilities()
        await ils.close()

    assert (placed.reason, cancelled.reason) == (HoldReason.PLACED, HoldReason.CANCELLED)
    assert listed.holds == (Hold(OTHER, HoldState.WAITING), Hold(ITEM, HoldState.WAITING))
    assert (owed.owed_minor, owed.currency) == (12550, "SEK")
    assert (paid.reason, rest.owed_minor) == (PaymentReason.ACCEPTED, 550)
    assert can.can >= {Can.CHECKOUT, Can.CHECKIN, Can.RENEW, Can.PLACE_HOLD, Can.TAKE_PAYMENT, Can.CHECK_PIN}
    assert Can.LIST_CHANGES not in can.can


async def test_a_wrong_pin_shows_nobodys_holds_or_fees(tmp_path: Path, clock: HandClock) -> None:
    register = SmallRegister(holds=[OTHER])
    async with way("plain", register, tmp_path) as (port, tls):
        ils = client(port, tls, clock)
        holds, fees = await ils.holds(CARD, "0000"), await ils.fees(CARD, "0000")
        stranger = await ils.fees("999", None)
        await ils.close()

    assert (holds.reason, holds.holds) == (AccountReason.WRONG_PIN, ())
    assert (fees.reason, fees.owed_minor) == (AccountReason.WRONG_PIN, None)
    assert stranger.reason is AccountReason.NO_SUCH_CARD


async def test_pysip2_refuses_blank_dates_so_its_profile_gives_them_all(tmp_path: Path, clock: HandClock) -> None:
    register = SmallRegister()
    async with way("plain", register, tmp_path) as (port, _):
        account = Sip2Account("127.0.0.1", port, "door", PASSWORD, "BIBL", "BIBL")
        ils = Sip2Ils(replace(STANDARD, blank_nb_due=True), account, clock, deadline=10.0)
        answer = await ils.checkout(CARD, PIN, ITEM)
        await ils.close()

    assert (answer.reason, answer.cause) == (LoanReason.UNAVAILABLE, UnavailableCause.CLOSED)
    # It hung up without having lent anything, which asking afterwards told.
    assert not answer.may_have_happened


async def test_stunnel_with_another_certificate_is_not_spoken_to(tmp_path: Path, clock: HandClock) -> None:
    (tmp_path / "other").mkdir()
    register = SmallRegister()
    async with way("tls", register, tmp_path) as (port, _):
        ils = client(port, Tls(ca_file=certificate(tmp_path / "other")), clock)
        answer = await ils.patron(CARD, PIN)
        await ils.close()

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.NOT_ENCRYPTED)
    assert register.heard == []


@pytest.mark.parametrize("pin", ["", "  "])
async def test_an_empty_pin_never_reaches_it(tmp_path: Path, clock: HandClock, pin: str) -> None:
    register = SmallRegister()
    async with way("plain", register, tmp_path) as (port, tls):
        ils = client(port, tls, clock)
        answer = await ils.patron(CARD, pin)
        await ils.close()

    assert (answer.pin, answer.reason) == (PinAnswer.UNKNOWN, PatronReason.NO_PIN)
    assert register.heard == []


async def test_it_refuses_our_login_and_we_say_so(tmp_path: Path, clock: HandClock) -> None:
    async with way("plain", SmallRegister(), tmp_path) as (port, _):
        ils = Sip2Ils(STANDARD, Sip2Account("127.0.0.1", port, "door", "fel", "BIBL"), clock, deadline=10.0)
        answer = await ils.patron(CARD, PIN)
        await ils.close()

    assert (answer.pin, answer.cause) == (PinAnswer.UNAVAILABLE, UnavailableCause.LOGIN_REFUSED)


async def test_it_knows_no_such_card_and_we_say_so(tmp_path: Path, clock: HandClock) -> None:
    async with way("plain", SmallRegister(), tmp_path) as (port, tls):
        ils = client(port, tls, clock)
        answer = await ils.patron("999", PIN)
        await ils.close()

    assert answer.reason is PatronReason.NO_SUCH_CARD
