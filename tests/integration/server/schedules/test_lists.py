"""Who may come in while a branch is shut: digests only, told to the branch's devices, gone the day after the event."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.exceptions import Event, ExceptionDay, Level, ScheduleException
from meroppet.rules.intervals import Window
from meroppet.rules.policy import GroupHours, Policy
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.schedules import ListDocument
from server.audit.models import AuditEntry
from server.db import unscoped
from server.devices.models import Device
from server.devices.service import report_stolen
from server.keys import KeyRing
from server.patrons.subjects import branch_keys
from server.policies.service import set_policy
from server.replication.models import Change
from server.schedules.exceptions import put_exception
from server.schedules.listed import STAFF, cards_on, purge, put_card, remove_card
from server.schedules.models import ListedCard
from server.schedules.refusals import Refused, ScheduleRefusal

from .conftest import WEST, Town

CARD = CardNumber("A1000000001")
EVENING = date(2026, 11, 27)


@pytest.fixture
def keys(tmp_path: Path, town: Town) -> KeyRing:
    return KeyRing.open(tmp_path / "keys", ["localhost"], town.clock.now())


async def invited(town: Town, day: date, end: int = 1320) -> None:
    event = ExceptionDay(first=day, last=day, contents=(Event(Window(1080, end), listed_only=True),))
    async with town.database.session(WEST) as session:
        await put_exception(
            session, town.targets["west"], ScheduleException(id="fest", level=Level.BRANCH, days=(event,)), "maj"
        )


async def told(town: Town, key: str) -> str | None:
    async with town.database.reading(WEST) as session:
        row = await session.scalar(select(Change).where(col(Change.kind) == "listed", col(Change.key) == key))
    return None if row is None else row.value


async def test_a_card_on_the_list_is_told_by_its_digest_and_its_number_is_nowhere(town: Town, keys: KeyRing) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        put = await put_card(session, keys, nora, STAFF, CARD, "cleaning", "maj")
        await put_card(session, keys, nora, STAFF, CARD, "cleaning, set 2", "maj")
    async with town.database.reading(nora.scope) as session:
        named = await branch_keys(session, keys, "nora")
        (card,) = await cards_on(session, nora, STAFF)
        rows = await session.all(select(ListedCard))
        lines = await session.all(select(AuditEntry).where(col(AuditEntry.action).startswith("schedule.list")))
    assert named is not None
    assert card.subject == put.subject == named.subject(CARD)
    assert card.label == "cleaning, set 2"
    assert await told(town, STAFF) == ListDocument(subjects=(card.subject,)).model_dump_json()
    assert CARD.value not in f"{[row.model_dump() for row in rows]}{[line.data for line in lines]}"

    async with town.database.session(nora.scope) as session:
        assert await remove_card(session, nora, STAFF, card.subject, "maj")
        assert not await remove_card(session, nora, STAFF, card.subject, "maj")
    assert await told(town, STAFF) is None


async def test_guests_are_invited_to_an_exception_that_holds_at_the_branch(town: Town, keys: KeyRing) -> None:
    nora = town.branches["nora"]
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(nora.scope) as session:
            await put_card(session, keys, nora, "fest", CARD, "Maj", "maj")
    assert refused.value.reason is Refused.UNKNOWN


@pytest.mark.parametrize(("end", "kept_days"), [(1320, 4), (1560, 5)])
async def test_guests_are_forgotten_the_day_after_the_event_and_staff_are_not(
    town: Town, keys: KeyRing, end: int, kept_days: int
) -> None:
    nora = town.branches["nora"]
    await invited(town, EVENING, end)
    async with town.database.session(nora.scope) as session:
        await put_card(session, keys, nora, "fest", CARD, "guest", "maj")
        await put_card(session, keys, nora, STAFF, CARD, "caretaker", "maj")
    gone = []
    for _ in range(6):
        town.clock.advance(timedelta(days=1, hours=1))
        async with town.database.session(unscoped("a job of the server's own")) as session:
            gone.append(await purge(session, town.clock.now()))
    assert gone == [0] * kept_days + [1] + [0] * (5 - kept_days)
    assert await told(town, "fest") is None
    assert await told(town, STAFF) is not None


async def test_an_event_that_is_moved_takes_its_guests_along(town: Town, keys: KeyRing) -> None:
    nora = town.branches["nora"]
    await invited(town, EVENING)
    async with town.database.session(nora.scope) as session:
        await put_card(session, keys, nora, "fest", CARD, "guest", "maj")
    await invited(town, EVENING + timedelta(days=14))
    town.clock.advance(timedelta(days=10))
    async with town.database.session(unscoped("a job of the server's own")) as session:
        assert await purge(session, town.clock.now()) == 0


async def test_a_stolen_device_empties_the_lists_whose_digests_it_may_know(town: Town, keys: KeyRing) -> None:
    nora = town.branches["nora"]
    async with town.database.session(nora.scope) as session:
        await put_card(session, keys, nora, STAFF, CARD, "caretaker", "maj")
        session.add(
            Device(
                id="door-1", branch_id="nora", kind=DeviceKind.DOOR.value, name="Door", public_key="", invited_by="maj",
                enrolled_at=session.now, consortium_id="west", controller_id="nora-kommun",
            )
        )  # fmt: skip
    async with town.database.session(nora.scope) as session:
        assert await report_stolen(session, keys, nora, "door-1", "maj")
        assert await cards_on(session, nora, STAFF) == []
    assert await told(town, STAFF) is None


async def test_the_members_of_a_group_are_listed_as_long_as_the_branchs_rules_name_it(
    town: Town, keys: KeyRing
) -> None:
    nora = town.branches["nora"]
    chess = GroupHours("schack", "Schack", ((Window(1080, 1260),), *((),) * 6))
    with pytest.raises(ScheduleRefusal) as refused:
        async with town.database.session(nora.scope) as session:
            await put_card(session, keys, nora, "group:schack", CARD, "Anna", "maj")
    assert refused.value.reason is Refused.UNKNOWN
    async with town.database.session(nora.scope) as session:
        await set_policy(session, nora, Policy(minimum_age=18, group_hours=(chess,)), "maj")
        put = await put_card(session, keys, nora, "group:schack", CARD, "Anna", "maj")
    assert put.until is None
    assert put.subject in (await told(town, "group:schack") or "")

    async with town.database.session(unscoped("the job")) as session:
        assert await purge(session, session.now) == 0
    async with town.database.session(nora.scope) as session:
        await set_policy(session, nora, Policy(minimum_age=18), "maj")
    async with town.database.session(unscoped("the job")) as session:
        assert await purge(session, session.now) == 1

    assert await told(town, "group:schack") is None
