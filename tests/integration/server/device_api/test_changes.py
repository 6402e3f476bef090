"""What changes reaches the devices it concerns, in order, whole, and through a snapshot where that is simpler."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, update
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.exceptions import Closed, ExceptionDay, Level, ScheduleException
from meroppet.wire.changes import ChangesReply, RightDocument, read_snapshot, unpack_rights
from meroppet.wire.schedule_convert import exception_to_wire
from server.db import Database, Scope, unscoped
from server.organisations.models import Membership
from server.organisations.service import add_branch, add_organisation
from server.patrons.service import Reach, forget, purge, rights_of
from server.policies.service import policy_of, set_policy
from server.replication.service import changes, newest, number_of, position, publish
from server.replication.service import purge as purge_tombstones
from server.schedules.service import schedule_of, set_pattern
from tests.fakes.signing_device import SigningDevice

from .conftest import ASTRID, House, week

PERMITTED = Right(permitted=True, valid_until=date(2027, 1, 1))


async def poll(device: SigningDevice, after: int = 0) -> ChangesReply:
    response = await device.ask("GET", f"/changes?after={after}")
    assert response.status_code == 200
    return ChangesReply.model_validate_json(response.content)


async def snapshot(device: SigningDevice) -> tuple[int, dict[str, Any], dict[str, RightDocument]]:
    response = await device.ask("GET", "/snapshot")
    header, documents, records = read_snapshot(response.content)
    return header.change, {item.kind: item.value for item in documents}, dict(unpack_rights(records))


async def test_a_device_hears_of_its_branch_and_of_no_other(house: House) -> None:
    door = await house.device("skiljebo")
    await house.give(PERMITTED, branch="salastad")

    page = await poll(door)

    assert {item.kind for item in page.upserts} == {"branch", "policy", "schedule", "holidays"}
    assert all(item.value["id"] == "skiljebo" for item in page.upserts if item.kind == "branch")  # type: ignore[index,call-overload]


async def test_what_was_heard_is_not_told_again(house: House) -> None:
    door = await house.device()
    first = await poll(door)
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        await set_pattern(session, house.branches["skiljebo"], week(480, 1200), "staff")

    second = await poll(door, first.next)

    assert [item.kind for item in second.upserts] == ["schedule"]
    assert (await poll(door, second.next)).upserts == ()


async def test_documents_are_kept_by_version_with_who_and_when(house: House) -> None:
    view = house.branches["skiljebo"]
    async with house.database.session(view.scope) as session:
        await set_policy(session, view, Policy(minimum_age=16), "Maj")
    async with house.database.reading(view.scope) as session:
        policy, schedule = await policy_of(session, "skiljebo"), await schedule_of(session, "skiljebo")

    assert policy is not None
    assert (policy.policy.minimum_age, policy.version, policy.by) == (16, 2, "Maj")
    assert schedule is not None
    assert (schedule.schedule.weekly, schedule.version) == (week(360, 1320).weekly, 1)


async def test_a_right_reaches_the_door_under_the_branchs_digest_and_ends_as_a_tombstone(house: House) -> None:
    door = await house.device()
    before = await poll(door)
    await house.give(PERMITTED)

    page = await poll(door, before.next)
    assert [item.kind for item in page.upserts] == ["right"]
    told = RightDocument.model_validate(page.upserts[0].value)
    assert (told.permitted, told.valid_until, told.suspended_until) == (True, date(2027, 1, 1), None)
    assert ASTRID not in page.model_dump_json()

    view = house.branches["skiljebo"]
    async with house.database.session(view.scope) as session:
        known = await rights_of(session, house.keys, view, CardNumber(ASTRID), register="vastmanland")
        assert known is not None
        await forget(session, house.keys, view, known.patron)
    after = await poll(door, page.next)
    assert [(item.kind, item.key) for item in after.tombstones] == [("right", page.upserts[0].key)]


@pytest.mark.parametrize(
    ("reach", "reached"),
    [
        (Reach.BRANCH, {"skiljebo"}),
        (Reach.MUNICIPALITY, {"skiljebo", "ekeby"}),
        (Reach.CONSORTIUM, {"skiljebo", "ekeby", "salastad"}),
    ],
)
async def test_a_right_reaches_as_far_as_it_was_given_and_each_branch_names_her_otherwise(
    house: House, reach: Reach, reached: set[str]
) -> None:
    await house.give(PERMITTED, reach=reach)

    rights = {name: (await snapshot(await house.device(name)))[2] for name in house.branches}
    assert {name for name, known in rights.items() if known} == reached
    digests = [digest for known in rights.values() for digest in known]
    assert len(set(digests)) == len(digests)


async def test_a_branch_that_gets_its_first_device_later_knows_the_rights_given_before(house: House) -> None:
    await house.give(PERMITTED, reach=Reach.CONSORTIUM)
    async with house.database.session(unscoped("a test's new branch")) as session:
        house.branches["ny"] = await add_branch(
            session, "ny", "Ny", "sala", "Europe/Stockholm", "0224-1", date(2026, 1, 1)
        )

    _, _, rights = await snapshot(await house.device("ny"))

    assert [(told.permitted, told.valid_until) for told in rights.values()] == [(True, date(2027, 1, 1))]


async def test_a_right_that_ended_long_ago_is_removed_everywhere_with_its_patron(house: House) -> None:
    door = await house.device()
    await house.give(Right(permitted=True, valid_until=date(2026, 10, 1)))
    before = await poll(door)

    async with house.database.session(unscoped("the purge job")) as session:
        assert await purge(session, house.keys, house.clock.now()) == 1

    assert [item.kind for item in (await poll(door, before.next)).tombstones] == ["right"]
    view = house.branches["skiljebo"]
    async with house.database.reading(view.scope) as session:
        assert await rights_of(session, house.keys, view, CardNumber(ASTRID), register="vastmanland") is None


async def test_a_snapshot_says_what_the_changes_say(house: House) -> None:
    door = await house.device()
    await house.give(PERMITTED)

    change, documents, rights = await snapshot(door)
    page = await poll(door)

    assert change == page.next
    told = {item.kind: item.value for item in page.upserts if item.kind != "right"}
    assert documents == told
    assert {item.key for item in page.upserts if item.kind == "right"} == set(rights)
    assert (await poll(door, change)).upserts == ()


async def test_a_snapshot_is_built_once_for_each_state_and_can_be_resumed(house: House) -> None:
    door = await house.device()
    first = await door.ask("GET", "/snapshot")
    etag = first.headers["ETag"]

    rest = await door.ask("GET", "/snapshot", headers={"Range": "bytes=10-", "If-Range": etag})
    assert (rest.status_code, rest.content) == (206, first.content[10:])
    same = await door.ask("GET", "/snapshot", headers={"If-None-Match": etag})
    assert same.status_code == 304

    await house.give(PERMITTED)
    fresh = await door.ask("GET", "/snapshot", headers={"Range": "bytes=10-", "If-Range": etag})
    assert (fresh.status_code, fresh.headers["ETag"] == etag) == (200, False)


async def test_a_number_the_server_never_gave_means_start_over(house: House) -> None:
    door = await house.device()
    newest = (await poll(door)).next

    response = await door.ask("GET", f"/changes?after={newest + 1}")

    assert (response.status_code, response.json()["code"]) == (410, "start_over")


async def test_who_joins_or_leaves_a_group_starts_over_with_what_it_has_decided(house: House) -> None:
    door = await house.device()
    await _group_decides(house)
    before, _, _ = await snapshot(door)
    assert (await door.ask("GET", f"/changes?after={before}")).status_code == 200

    async with house.database.session(unscoped("a test's group")) as session:
        session.add(Membership(member_id="vasteras", parent_id="norra", since=date(1900, 1, 1), until=None))
    assert (await door.ask("GET", f"/changes?after={before}")).status_code == 410
    joined, documents, _ = await snapshot(door)
    assert joined == before
    assert documents["exception"]["id"] == "kick-off"
    assert (await poll(door, joined)).upserts == ()

    async with house.database.session(unscoped("a test's group")) as session:
        await session.execute(update(Membership).where(*_in_norra()).values(until=date(1901, 1, 1)))
    assert (await door.ask("GET", f"/changes?after={joined}")).status_code == 410
    _, documents, _ = await snapshot(door)
    assert "exception" not in documents


def _in_norra() -> tuple[ColumnElement[bool], ...]:
    return col(Membership.member_id) == "vasteras", col(Membership.parent_id) == "norra"


async def _group_decides(house: House) -> None:
    """Something for every branch of a group to which Västerås does not belong yet."""
    days = ExceptionDay(first=date(2027, 1, 4), last=date(2027, 1, 4), contents=(Closed(),))
    decided = ScheduleException(id="kick-off", level=Level.GROUP, days=(days,))
    async with house.database.session(unscoped("a test's group")) as session:
        await add_organisation(session, "norra", "group", "Norra", parents=["vastmanland"])
    async with house.database.session(Scope.of_consortium("vastmanland")) as session:
        publish(
            session, "vastmanland", audience="norra", kind="exception", key="kick-off", value=exception_to_wire(decided)
        )


async def test_who_was_away_longer_than_tombstones_are_kept_starts_over(house: House) -> None:
    door = await house.device()
    old = (await poll(door)).next
    await house.give(Right(permitted=True, valid_until=date(2026, 10, 1)))
    async with house.database.session(unscoped("the purge job")) as session:
        await purge(session, house.keys, house.clock.now())
    house.clock.advance(timedelta(days=91))
    async with house.database.session(unscoped("the purge job")) as session:
        assert await purge_tombstones(session, house.clock.now()) == 1

    response = await door.ask("GET", f"/changes?after={old}")
    assert response.status_code == 410
    change, _, rights = await snapshot(door)
    assert rights == {}
    assert (await poll(door, change)).next == change


async def test_a_large_transaction_comes_in_pages_that_lose_nothing(house: House) -> None:
    door = await house.device()
    start = (await poll(door)).next
    async with house.database.session(Scope.of_consortium("vastmanland")) as session:
        for number in range(2500):
            right = RightDocument(permitted=True)
            publish(session, "vastmanland", audience="skiljebo", kind="right", key=f"{number:032x}", value=right)

    keys, after, pages = set[str](), start, 0
    while True:
        page = await poll(door, after)
        keys |= {item.key for item in page.upserts}
        after, pages = page.next, pages + 1
        if not page.more:
            break
    assert (len(keys), pages) == (2500, 3)


async def test_what_is_rolled_back_was_never_told(house: House) -> None:
    door = await house.device()
    before = (await poll(door)).next

    async def fail() -> None:
        async with house.database.session(house.branches["skiljebo"].scope) as session:
            await set_pattern(session, house.branches["skiljebo"], week(0, 1440), "staff")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert (await poll(door, before)).next == before


async def test_staff_can_see_that_the_door_has_a_change(house: House) -> None:
    scope = house.branches["skiljebo"].scope
    async with house.database.session(scope) as session:
        await set_pattern(session, house.branches["skiljebo"], week(480, 1200), "staff")
    async with house.database.reading(scope) as session:
        number = await number_of(session, "vastmanland", "skiljebo", "schedule")

        assert number == await newest(session, "vastmanland", ["skiljebo"])
        assert await number_of(session, "vastmanland", "skiljebo", "right", "0" * 32) == 0


WRITERS, COMMITS = 8, 25
SHARED = Scope.of_consortium("c")


async def write(database: Database, writer: int) -> None:
    """Transactions overlap: the one that began first need not be the one that commits first."""
    value = RightDocument(permitted=True)
    for commit in range(COMMITS):
        async with database.session(SHARED) as session:
            publish(session, "c", audience="c", kind="right", key=f"{writer}-{commit}", value=value)
            await asyncio.sleep(0.0005 * (writer % 3) if session.dialect == "postgresql" else 0)


async def listen(database: Database, done: asyncio.Event) -> set[str]:
    """Everything a device would hear that polls all the time, until there is nothing more."""
    heard, after = set[str](), 0
    while True:
        is_last = done.is_set()
        async with database.reading(SHARED) as session:
            page = await changes(session, "c", ["c"], after, limit=7)
        assert page is not None
        fresh = {item.key for item in page.upserts}
        assert not fresh & heard
        heard |= fresh
        after = page.next
        if is_last and not page.more:
            return heard
        await asyncio.sleep(0)


async def test_with_concurrent_writers_a_poller_misses_no_change(database: Database) -> None:
    async with database.session(unscoped("a test's consortium")) as session:
        await add_organisation(session, "c", "consortium", "C")
    done = asyncio.Event()
    listening = asyncio.create_task(listen(database, done))

    await asyncio.gather(*(write(database, writer) for writer in range(WRITERS)))
    done.set()

    assert len(await listening) == WRITERS * COMMITS
    async with database.reading(SHARED) as session:
        assert (await position(session, "c")).number == WRITERS * COMMITS
