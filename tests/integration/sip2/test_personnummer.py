"""A patron found by her personnummer: the register answers with its own number for her, over a real connection."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from meroppet.ils.acs_simulator import Fault, Register, RegisterAccount, RegisterControl, serve
from meroppet.ils.breaker import Breaker
from meroppet.ils.fake import Library, Patron
from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from tests.integration.sip2.conftest import NOW, PASSWORD, HandClock

HERS, ANOTHERS, NOBODYS = "198001019804", "197505059803", "201002039806"


@pytest.fixture
async def register(clock: HandClock) -> AsyncIterator[Register]:
    patrons = [
        Patron(card="2000000001", pin="1234", name="Anna Ek", birth_date=date(1980, 1, 1), user_name=HERS),
        # Somebody typed the wrong personnummer into this one's record.
        Patron(card="2000000002", pin="1234", name="Bo Al", birth_date=date(1990, 9, 9), user_name=ANOTHERS),
    ]
    accounts = [RegisterAccount("sip_skiljebo", PASSWORD, "SKILJEBO")]
    opened = await serve(
        Library(patrons, [], NOW.date), "127.0.0.1", 0, accounts=accounts, clock=clock, control=RegisterControl()
    )
    yield opened
    await opened.close()


@pytest.fixture
async def ils(register: Register, clock: HandClock) -> AsyncIterator[Sip2Ils]:
    account = Sip2Account("127.0.0.1", register.port, "sip_skiljebo", PASSWORD, institution="SKILJEBO")
    client = Sip2Ils(KOHA, account, clock, deadline=10.0, breaker=Breaker(limit=0))
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("pin", "said"), [(None, PinAnswer.UNKNOWN), ("1234", PinAnswer.RIGHT), ("4321", PinAnswer.WRONG)]
)
async def test_the_answer_is_about_the_registers_own_number(ils: Sip2Ils, pin: str | None, said: PinAnswer) -> None:
    answer = await ils.patron(HERS, pin)

    assert (answer.patron_id, answer.name, answer.pin) == ("2000000001", "Anna Ek", said)


@pytest.mark.parametrize("pin", [None, "1234"])
async def test_somebody_born_on_another_day_is_somebody_else(ils: Sip2Ils, pin: str | None) -> None:
    answer = await ils.patron(ANOTHERS, pin)

    assert answer.cause is UnavailableCause.WRONG_PATRON
    assert answer.facts is None


async def test_a_personnummer_the_register_does_not_have_is_nobodys(ils: Sip2Ils) -> None:
    answer = await ils.patron(NOBODYS, None)

    assert answer.facts is None
    assert answer.cause is None


async def test_an_answer_about_another_patron_is_still_none(ils: Sip2Ils, register: Register) -> None:
    register.control.fault = Fault.WRONG_PATRON

    assert (await ils.patron("2000000001", None)).cause is UnavailableCause.WRONG_PATRON
    # Here the register names her number in its first answer, and another's when it is asked back.
    assert (await ils.patron(HERS, None)).cause is UnavailableCause.WRONG_PATRON
