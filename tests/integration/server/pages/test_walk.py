"""The walk over right-holders and its brake: a register's odd night never empties the doors."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from meroppet.ils.acs_simulator import Fault, Register, RegisterAccount, serve
from meroppet.ils.fake import Library, Patron
from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.rules.policy import Block, Policy, WithoutConnection
from meroppet.wire.changes import RightDocument
from server.db import unscoped
from server.patrons.brake import HeldKind, HeldState, HeldView, decide, one, waiting
from server.patrons.brake_views import DOERS
from server.patrons.facts import facts_ok_until
from server.patrons.models import PatronRight
from server.patrons.ruled import end_former_facts
from server.patrons.service import Holder, find, set_rights
from server.patrons.walk import Pace, Walk, WalkState, WalkView, walks
from server.policies.places import of_branch
from server.policies.service import Proposal, say, set_policy
from server.replication.models import Change
from tests.fakes.clocks import ManualClock
from tests.integration.server.pages.conftest import SignIn, Site

NIGHT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
LOOKING = unscoped("the test looks")
HOLDERS = [f"2000{number:04}" for number in range(30)]
ON_ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""
EAGER = Pace(per_second=1e6, at_once=1000)


def _library(clock: ManualClock) -> Library:
    patrons = [Patron(card=card, pin="7391", name="Någon", birth_date=date(1980, 1, 1)) for card in HOLDERS]
    return Library(patrons, [], lambda: clock.now().date())


@pytest.fixture
async def register(clock: ManualClock) -> AsyncIterator[Register]:
    clock.advance(NIGHT - clock.now())
    accounts = [RegisterAccount(name, "secret", name.upper()) for name in ("nora", "lind")]
    opened = await serve(_library(clock), "127.0.0.1", 0, accounts=accounts, clock=clock)
    running = asyncio.create_task(opened.run())
    yield opened
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await opened.close()


@pytest.fixture
async def holding(site: Site) -> Site:
    """Thirty patrons with a right at Nora, where a card alone is enough while the register is away."""
    at = await site.branch("nora")
    async with site.parts.database.session(at.scope) as session:
        policy = Policy(minimum_age=18, without_connection=WithoutConnection.CARD_ONLY)
        await set_policy(session, at, policy, "seed")
        wanted = [(Holder("west", CardNumber(card)), Right(permitted=True)) for card in HOLDERS]
        await set_rights(session, site.parts.keys, at, wanted, by="seed")
    return site


def _walk(site: Site, pace: Pace = EAGER) -> Walk:
    return Walk(site.parts.database, site.parts.keys, site.parts.registers, pace)


async def _how(site: Site) -> WalkView:
    async with site.parts.database.reading(LOOKING) as session:
        (view,) = await walks(session)
    return view


async def _living(site: Site) -> int:
    async with site.parts.database.reading(LOOKING) as session:
        rows = await session.all(select(PatronRight).where(col(PatronRight.valid_until).is_(None)))
    return len(rows)


async def _speaking(site: Site) -> int:
    at = await site.branch("nora")
    async with site.parts.database.reading(at.scope) as session:
        ids = [
            found
            for card in HOLDERS
            if (found := await find(session, site.parts.keys, "west", "west", CardNumber(card)))
        ]
        return len(await facts_ok_until(session, at, ids))


async def _waiting(site: Site) -> list[HeldView]:
    async with site.parts.database.reading(LOOKING) as session:
        return await waiting(session)


def _without(register: Register, cards: list[str], clock: ManualClock) -> None:
    kept = [patron for patron in _library(clock).patrons if patron.card not in cards]
    register.library = Library(kept, [], lambda: clock.now().date())


async def test_everybody_is_asked_about_once_a_night(holding: Site, register: Register, clock: ManualClock) -> None:
    before = register.control.requests
    await _walk(holding).step()

    view = await _how(holding)
    assert (view.state, view.total, view.known, view.unknown, view.silent) == (WalkState.DONE, 30, 30, 0, 0)
    assert await _speaking(holding) == 30
    asked = register.control.requests - before
    await _walk(holding).step()
    assert register.control.requests - before == asked
    clock.advance(timedelta(days=1))
    await _walk(holding).step()
    assert register.control.requests - before > asked


@ON_ONE
@pytest.mark.parametrize("hours", [-2, 4, 12])
async def test_no_walk_begins_by_day(holding: Site, register: Register, clock: ManualClock, hours: int) -> None:
    clock.advance(timedelta(hours=hours))
    before = register.control.requests

    await _walk(holding).step()

    assert register.control.requests == before


@ON_ONE
async def test_a_walk_goes_on_where_it_stopped(holding: Site, register: Register, clock: ManualClock) -> None:
    await _walk(holding, Pace(1e6, at_once=20)).step()
    assert (await _how(holding)).asked == 20
    register.control.fault = Fault.CLOSE
    await _walk(holding).step()
    assert ((await _how(holding)).asked, (await _how(holding)).state) == (20, WalkState.RUNNING)
    register.control.fault = Fault.NONE
    # A connection that was broken is not trusted again at once.
    clock.advance(timedelta(minutes=2))
    await _walk(holding).step()
    view = await _how(holding)
    assert (view.asked, view.known, view.state) == (30, 30, WalkState.DONE)


async def test_the_right_of_a_patron_missing_two_nights_in_a_row_ends(
    holding: Site, register: Register, clock: ManualClock
) -> None:
    _without(register, HOLDERS[:1], clock)
    await _walk(holding).step()
    assert ((await _how(holding)).unknown, await _living(holding)) == (1, 30)

    clock.advance(timedelta(days=1))
    await _walk(holding).step()

    assert (await _living(holding), await _waiting(holding)) == (29, [])


@ON_ONE
async def test_a_patron_who_is_known_again_keeps_her_right(
    holding: Site, register: Register, clock: ManualClock
) -> None:
    for cards in (HOLDERS[:1], [], HOLDERS[:1]):
        _without(register, cards, clock)
        await _walk(holding).step()
        clock.advance(timedelta(days=1))

    assert await _living(holding) == 30


@ON_ONE
@pytest.mark.parametrize("nights", [1, 3])
async def test_a_register_that_knows_nobody_ends_nobodys_right(
    holding: Site, register: Register, clock: ManualClock, nights: int
) -> None:
    await _walk(holding).step()
    register.control.fault = Fault.EVERYBODY_UNKNOWN
    for _ in range(nights):
        clock.advance(timedelta(days=1))
        await _walk(holding).step()

    assert (await _how(holding)).state is WalkState.HELD
    assert (await _living(holding)) == 30
    held = await _waiting(holding)
    assert {view.kind for view in held} == {HeldKind.MISSING, HeldKind.FACTS} if nights == 1 else {HeldKind.MISSING}
    assert {(view.taken, view.total, view.controller) for view in held} == {(30, 30, "nora-kommun")}


@ON_ONE
async def test_a_register_that_knows_everybody_is_not_believed_and_the_first_page_says_so(
    holding: Site, register: Register, sign_in: SignIn
) -> None:
    register.control.fault = Fault.EVERYBODY_VALID

    await _walk(holding).step()

    assert (await _how(holding)).state is WalkState.DISBELIEVED
    assert await _speaking(holding) == 0
    for role, says in (("municipality", True), ("branch", False)):
        page = (await (await sign_in(role)).get("/")).text
        assert ("svarade konstigt" in page) is says


@ON_ONE
async def test_what_a_register_said_before_it_knew_everybody_does_not_count_either(
    holding: Site, register: Register
) -> None:
    await _walk(holding, Pace(1e6, at_once=20)).step()
    register.control.fault = Fault.EVERYBODY_VALID

    await _walk(holding).step()

    assert (await _how(holding)).state is WalkState.DISBELIEVED
    assert await _speaking(holding) == 0


async def test_facts_against_many_at_once_wait_for_a_person(
    holding: Site, register: Register, clock: ManualClock
) -> None:
    await _walk(holding).step()
    for patron in register.library.patrons[:10]:
        patron.lost = True
    clock.advance(timedelta(days=1))

    await _walk(holding).step()

    (view,) = await _waiting(holding)
    assert (view.kind, view.taken, view.total) == (HeldKind.FACTS, 10, 30)
    assert await _speaking(holding) == 30
    assert await _released(holding, view) == 10
    assert (await _speaking(holding), await _waiting(holding)) == (20, [])


@ON_ONE
@pytest.mark.parametrize(
    ("changed", "speaking"),
    [
        ({"minimum_age": 60}, 0),
        ({"fees_limit_minor": 100, "blocks": frozenset(Block)}, 0),
        ({"without_connection": WithoutConnection.REFUSE}, 0),
        ({"minimum_age": 15}, 30),
        ({"release_seconds": 8.0}, 30),
    ],
)
async def test_what_was_found_out_by_looser_rules_opens_for_nobody(
    holding: Site, register: Register, changed: dict[str, object], speaking: int
) -> None:
    await _walk(holding).step()
    at = await holding.branch("nora")
    said: dict[str, object] = {"minimum_age": 18, "without_connection": WithoutConnection.CARD_ONLY}

    async with holding.parts.database.session(at.scope) as session:
        done = await say(session, of_branch(at), said | changed, "maj")
        assert isinstance(done, Proposal)
        await end_former_facts(session, holding.parts.keys, done.touched)

    assert await _speaking(holding) == speaking
    async with holding.parts.database.reading(LOOKING) as session:
        rights = await session.all(select(col(Change.value)).where(col(Change.kind) == "right"))
    until = [RightDocument.model_validate_json(value).facts_ok_until for value in rights if value]
    assert len([day for day in until if day is not None]) == speaking
    assert register.control.fault is Fault.NONE


@ON_ONE
async def test_stricter_rules_saved_by_a_consortium_end_what_was_found_out(
    holding: Site, register: Register, sign_in: SignIn
) -> None:
    await _walk(holding).step()
    visitor, address = await sign_in("consortium"), "/policies/west/change"
    form = {"version": "0", "minimum_age": "50", "decision": "§ 4", "op": "save"}

    answer = await visitor.post(address, form, on=address)

    assert answer.headers["location"] == "/policies/west?told=saved"
    assert await _speaking(holding) == 0
    assert register.control.fault is Fault.NONE


@ON_ONE
async def test_facts_against_one_count_at_once(holding: Site, register: Register, clock: ManualClock) -> None:
    await _walk(holding).step()
    register.library.patrons[0].lost = True
    clock.advance(timedelta(days=1))

    await _walk(holding).step()

    assert (await _speaking(holding), await _waiting(holding)) == (29, [])


async def test_what_was_held_is_done_when_a_person_releases_it_and_once_only(
    holding: Site, register: Register, clock: ManualClock
) -> None:
    _without(register, HOLDERS[:5], clock)
    await _walk(holding).step()
    (view,) = await _waiting(holding)

    assert await _released(holding, view) == 5
    assert await _released(holding, view) is None

    assert await _living(holding) == 25
    rows = [row for row in await holding.audit() if row.actor == "maj"]
    assert [(row.action, row.data["taken"], row.data["why"]) for row in rows] == [("brake.released", 5, "moved away")]


async def _released(site: Site, view: HeldView) -> int | None:
    async with site.parts.database.session(view.scope) as session:
        if not await decide(session, view, HeldState.RELEASED, "maj", "moved away"):
            return None
        return await DOERS[view.kind](session, site.parts.keys, view)


@ON_ONE
async def test_an_ordinary_night_takes_back_the_alarm_of_an_odd_one(
    holding: Site, register: Register, clock: ManualClock
) -> None:
    register.control.fault = Fault.EVERYBODY_UNKNOWN
    await _walk(holding).step()
    (view,) = await _waiting(holding)
    register.control.fault = Fault.NONE
    clock.advance(timedelta(days=1))

    await _walk(holding).step()

    assert await _waiting(holding) == []
    async with holding.parts.database.reading(LOOKING) as session:
        later = await one(session, view.id)
    assert later is not None
    assert (later.state, later.decided_by) == (HeldState.DISCARDED, "walk")
