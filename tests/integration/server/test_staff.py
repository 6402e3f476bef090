"""Signing in: who may, for how long, and how often one may be wrong."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlmodel import col

from server.audit.models import ServerAuditEntry
from server.db import Database
from server.staff.access import Grant, Role
from server.staff.models import StaffAccount, StaffGrant, StaffLink, StaffSession
from server.staff.passwords import Passwords, is_acceptable, standard_hasher
from server.staff.service import (
    SERVER,
    LinkRefusal,
    NewAccount,
    SignInRefusal,
    add_account,
    close_account,
    first_link,
    link,
    make_link,
    purge,
    sign_in,
    sign_out,
    signed_in,
    touch,
    use_link,
)
from tests.fakes.clocks import ManualClock

PASSWORD = "hellre några ord"
KARIN = NewAccount("Karin Lind", "Karin", PASSWORD)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    yield made
    made.close()


async def _token(database: Database, passwords: Passwords) -> str:
    await add_account(database, passwords, KARIN, [Grant(Role.BRANCH, "nora")], "test")
    token = await sign_in(database, passwords, "karin", PASSWORD)
    assert not isinstance(token, SignInRefusal)
    return token


async def _who(database: Database, token: str) -> str | None:
    async with database.session(SERVER) as session:
        found = await signed_in(session, token)
    return found.name if found else None


async def test_the_right_name_and_password_sign_in(database: Database, passwords: Passwords) -> None:
    token = await _token(database, passwords)

    async with database.reading(SERVER) as session:
        found = await signed_in(session, token)
    assert found is not None
    assert found.name == "Karin Lind"
    assert found.access.grants == {Grant(Role.BRANCH, "nora")}


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(database: Database, passwords: Passwords) -> None:
    await _token(database, passwords)

    assert await sign_in(database, passwords, "karin", "something else") is SignInRefusal.WRONG
    assert await sign_in(database, passwords, "nobody", PASSWORD) is SignInRefusal.WRONG


async def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(
    database: Database, passwords: Passwords, clock: ManualClock
) -> None:
    await _token(database, passwords)
    for _ in range(5):
        assert await sign_in(database, passwords, "karin", "wrong") is SignInRefusal.WRONG

    assert await sign_in(database, passwords, " KARIN ", PASSWORD) is SignInRefusal.TOO_MANY
    clock.advance(timedelta(minutes=15, seconds=1))
    assert isinstance(await sign_in(database, passwords, "karin", PASSWORD), str)


async def test_a_right_password_forgives_the_wrong_ones(database: Database, passwords: Passwords) -> None:
    await _token(database, passwords)
    for _ in range(3):
        for _ in range(4):
            await sign_in(database, passwords, "karin", "wrong")
        assert not isinstance(await sign_in(database, passwords, "karin", PASSWORD), SignInRefusal)


@pytest.mark.parametrize("used_every", [None, timedelta(minutes=10)])
async def test_a_session_ends_when_idle_and_at_the_latest_after_eight_hours(
    database: Database, passwords: Passwords, clock: ManualClock, used_every: timedelta | None
) -> None:
    token = await _token(database, passwords)
    if used_every is None:
        clock.advance(timedelta(minutes=14))
        assert await _who(database, token)
        clock.advance(timedelta(minutes=2))
        assert await _who(database, token) is None
        return
    for _ in range(47):
        clock.advance(used_every)
        assert await _who(database, token)
        async with database.session(SERVER) as session:
            await touch(session, token)
    clock.advance(used_every)
    assert await _who(database, token) is None


async def test_signing_out_ends_the_session_wherever_its_cookie_was_copied_to(
    database: Database, passwords: Passwords
) -> None:
    token = await _token(database, passwords)
    other = await sign_in(database, passwords, "karin", PASSWORD)
    async with database.session(SERVER) as session:
        await sign_out(session, token)

    assert await _who(database, token) is None
    assert await _who(database, str(other))
    assert token != other


async def test_a_closed_account_is_out_at_once_and_cannot_sign_in(database: Database, passwords: Passwords) -> None:
    token = await _token(database, passwords)
    async with database.session(SERVER) as session:
        account = await session.scalar(select(col(StaffAccount.id)))
        await close_account(session, account, "test")

    assert await _who(database, token) is None
    assert await sign_in(database, passwords, "karin", PASSWORD) is SignInRefusal.WRONG


async def test_a_closed_account_is_forgotten_after_two_years_and_an_open_one_is_not(
    database: Database, passwords: Passwords, clock: ManualClock
) -> None:
    await _token(database, passwords)
    await add_account(database, passwords, NewAccount("Per Ek", "per", PASSWORD), [Grant(Role.SERVER)], "test")
    async with database.session(SERVER) as session:
        closed = await session.scalar(select(col(StaffAccount.id)).where(col(StaffAccount.username) == "karin"))
        await close_account(session, closed, "test")

    counts = []
    for days in (729, 2):
        clock.advance(timedelta(days=days))
        async with database.session(SERVER) as session:
            counts.append(await purge(session, session.now))

    assert counts == [0, 1]
    async with database.reading(SERVER) as session:
        assert await session.all(select(col(StaffAccount.username))) == ["per"]
        assert await session.scalar(select(func.count()).select_from(StaffGrant)) == 1


async def test_the_first_start_makes_one_link_and_no_account(database: Database, clock: ManualClock) -> None:
    async with database.session(SERVER) as session:
        token = await first_link(session)
        assert token is not None
        assert await link(session, token) == Grant(Role.SERVER)
        assert await first_link(session) is None
        assert await session.scalar(select(func.count()).select_from(StaffAccount)) == 0
    clock.advance(timedelta(hours=24, seconds=1))
    async with database.session(SERVER) as session:
        assert await link(session, token) is None
        assert await first_link(session) is not None


async def test_a_link_works_once(database: Database, passwords: Passwords) -> None:
    async with database.session(SERVER) as session:
        token = await make_link(session, Grant(Role.MUNICIPALITY, "nora-kommun"), "test")

    entered = await use_link(database, passwords, token, KARIN)

    assert not isinstance(entered, LinkRefusal)
    assert await _who(database, entered) == "Karin Lind"
    other = NewAccount("Nils", "nils", PASSWORD)
    assert await use_link(database, passwords, token, other) is LinkRefusal.SPENT
    assert await use_link(database, passwords, "made up", other) is LinkRefusal.SPENT


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (NewAccount("", "nils", PASSWORD), LinkRefusal.NAME),
        (NewAccount("Nils\n", "nils", PASSWORD), LinkRefusal.NAME),
        (NewAccount("Nils", "n", PASSWORD), LinkRefusal.USERNAME),
        (NewAccount("Nils", "n ils", PASSWORD), LinkRefusal.USERNAME),
        (NewAccount("Nils", " KARIN", PASSWORD), LinkRefusal.TAKEN),
        (NewAccount("Nils", "nils", "short"), LinkRefusal.PASSWORD),
        (NewAccount("Nils", "nils", "nils nils nils"), LinkRefusal.PASSWORD),
        (NewAccount("Nils", "nils", "aaaaaaaaaaaaaaaa"), LinkRefusal.PASSWORD),
    ],
)
async def test_an_account_that_will_not_do_leaves_the_link_usable(
    database: Database, passwords: Passwords, wanted: NewAccount, refusal: LinkRefusal
) -> None:
    await add_account(database, passwords, KARIN, [], "test")
    async with database.session(SERVER) as session:
        token = await make_link(session, Grant(Role.BRANCH, "nora"), "test")

    assert await use_link(database, passwords, token, wanted) is refusal
    assert not isinstance(await use_link(database, passwords, token, NewAccount("Nils", "nils", PASSWORD)), LinkRefusal)


async def test_no_secret_is_stored_as_it_is(database: Database, passwords: Passwords) -> None:
    token = await _token(database, passwords)
    async with database.session(SERVER) as session:
        made = await make_link(session, Grant(Role.SERVER), "test")
        stored = [
            *await session.all(select(StaffSession)),
            *await session.all(select(StaffLink)),
            *await session.all(select(StaffAccount)),
            *await session.all(select(ServerAuditEntry)),
        ]
    text = " ".join(row.model_dump_json() for row in stored)
    assert token not in text
    assert made not in text
    assert PASSWORD not in text


async def test_passwords_are_hashed_with_argon2id_in_64_mebibytes() -> None:
    hashed = standard_hasher().hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in repr(KARIN)
    assert is_acceptable(PASSWORD, "karin")
