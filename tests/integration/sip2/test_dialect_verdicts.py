"""Whoever may not come in is refused with the right PIN, whatever library system says so and in whatever way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_simulator import RegisterAccount, RegisterControl, serve
from meroppet.ils.breaker import Breaker
from meroppet.ils.fake import Item, Library, Patron
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.access import Answer, Site, decide
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.reasons import Reason
from tests.integration.sip2.conftest import NOW, PASSWORD, HandClock

BORN = date(1980, 1, 1)
PATRONS = {
    "good": Patron(card="1", pin="1234", name="God", birth_date=BORN, expires=date(2027, 1, 1)),
    "expired": Patron(card="2", pin="1234", name="Utgången", birth_date=BORN, expires=date(2026, 10, 1)),
    "debarred": Patron(card="3", pin="1234", name="Spärrad", birth_date=BORN, debarred="Stökig"),
    "lost": Patron(card="4", pin="1234", name="Förlorad", birth_date=BORN, lost=True),
    "both": Patron(card="5", pin="1234", name="Båda", birth_date=BORN, debarred="Stökig", fees_minor=50_000),
    "child": Patron(card="6", pin="1234", name="Barn", birth_date=date(2016, 1, 1), expires=date(2027, 1, 1)),
}
NAMES_AGES = frozenset({"koha", "koha-24", "koha-suomi", "quria", "evergreen", "polaris"})
"""The systems that say when a patron was born."""


@pytest.fixture(params=sorted(DIALECTS))
async def asked(request: pytest.FixtureRequest, clock: HandClock) -> AsyncIterator[tuple[str, Sip2Ils]]:
    """A register that speaks one dialect, and our client with the preset of that name."""
    dialect: str = request.param
    patrons = [replace(patron) for patron in PATRONS.values()]
    running = await serve(
        Library(patrons, [Item(barcode="9", title="Bok", owner="SALA")], NOW.date),
        "127.0.0.1",
        0,
        accounts=[RegisterAccount("u", PASSWORD, "SALA")],
        clock=clock,
        control=RegisterControl(dialect=DIALECTS[dialect]),
    )
    account = Sip2Account("127.0.0.1", running.port, "u", PASSWORD, "SALA")
    ils = Sip2Ils(PRESETS[dialect], account, clock, deadline=5.0, breaker=Breaker(limit=0))
    yield dialect, ils
    await ils.close()
    await running.close()


async def verdict(ils: Sip2Ils, who: str, pin: str = "1234", *, minimum_age: int = 0) -> Reason:
    """What a door says to someone whom staff have given the right to come in."""
    answer = await ils.patron(PATRONS[who].card, pin)
    site = Site(
        now=NOW,
        today=NOW.date(),
        clock=ClockTrust.NTP,
        state=BranchState.SELF_SERVICE,
        policy=Policy(minimum_age=minimum_age),
    )
    told = Answer(pin=answer.pin, facts=answer.facts, as_of=NOW, right=Right(permitted=True))
    return decide(site, told).reason


async def test_a_patron_in_good_standing_is_let_in(asked: tuple[str, Sip2Ils]) -> None:
    _, ils = asked

    assert await verdict(ils, "good") is Reason.GRANTED


async def test_the_right_pin_lets_in_nobody_who_is_blocked(asked: tuple[str, Sip2Ils]) -> None:
    _, ils = asked

    assert await verdict(ils, "debarred") is Reason.ILS_BLOCK
    assert await verdict(ils, "lost") is Reason.CARD_LOST
    # A register that does not tell since when a card is out tells at least that it may not be used.
    assert await verdict(ils, "expired") in (Reason.CARD_EXPIRED, Reason.ILS_BLOCK)


async def test_a_debt_hides_no_restriction(asked: tuple[str, Sip2Ils]) -> None:
    _, ils = asked

    assert await verdict(ils, "both") is Reason.ILS_BLOCK


async def test_a_wrong_pin_lets_in_nobody(asked: tuple[str, Sip2Ils]) -> None:
    _, ils = asked

    assert await verdict(ils, "good", "9999") is Reason.WRONG_PIN


async def test_a_child_is_told_by_age_or_refused_because_nobody_knows_it(asked: tuple[str, Sip2Ils]) -> None:
    dialect, ils = asked
    knows = dialect in NAMES_AGES

    assert await verdict(ils, "child", minimum_age=15) is (Reason.UNDERAGE if knows else Reason.FACTS_INCOMPLETE)
    assert await verdict(ils, "good", minimum_age=15) is (Reason.GRANTED if knows else Reason.FACTS_INCOMPLETE)
