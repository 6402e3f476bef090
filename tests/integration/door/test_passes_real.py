"""Tags and codes before the real server and the real door: handed out at its reader, used, and gone after use."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.passes import PassKind
from meroppet.rules.policy import Policy
from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine
from meroppet.wire.passes import TagOutcome
from server.devices.service import devices_of
from server.passes.handouts import Target, handout, order_tag
from server.passes.service import Ended, Made, Wanted, make_pass, passes_of
from server.patrons.service import find
from server.replication.service import newest
from tests.integration.door.house import House, until
from tests.integration.door.town import ASTRID, BERTIL, Town, open_town

TAG, OTHER = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04FFEEDDCCBBAA")
BOOK = bytes.fromhex("11010131313232333334340000000000000000513E4445373035000000000000")
PIN = "7305"


@pytest.fixture
async def town(house: House) -> AsyncIterator[Town]:
    async with open_town(house, [ASTRID, BERTIL], Policy(minimum_age=18, number_entry=True)) as made:
        yield made


async def made(town: Town, wanted: Wanted) -> Made:
    async with town.server.database.session(town.branch.scope) as session:
        done = await make_pass(session, town.server.keys, town.branch, wanted, "ulla")
    assert isinstance(done, Made)
    return done


async def ordered(town: Town, target: Target) -> str:
    """The door waits for a tag."""
    async with town.server.database.session(town.branch.scope) as session:
        (device,) = await devices_of(session, town.branch.id)
        given = await order_tag(session, town.branch, device, target, "ulla")
    await until(lambda: town.house.door.listening._tags.is_waiting)
    return given


async def became(town: Town, order: str, outcome: TagOutcome) -> None:
    """What the page of whoever ordered it says."""

    async def outcome_now() -> TagOutcome | None:
        async with town.server.database.reading(town.branch.scope) as session:
            view = await handout(session, town.branch.id, order)
        return None if view is None else view.outcome

    async with asyncio.timeout(20):
        while await outcome_now() is not outcome:  # noqa: ASYNC110 (the database has no event for it)
            await asyncio.sleep(0.02)


async def synced(town: Town) -> None:
    """The door knows everything the server has told."""
    async with town.server.database.reading(town.branch.scope) as session:
        number = await newest(session, "vastmanland", [town.branch.id])
    await until(lambda: town.house.door.device.replica.cursor() >= number)


async def test_a_new_tag_is_read_at_the_door_opens_nothing_then_and_opens_with_its_pin_afterwards(town: Town) -> None:
    board = town.house.board
    done = await made(town, Wanted(kind=PassKind.CLEANER, label="städ", pin=Pin(PIN)))
    order = await ordered(town, Target(pass_id=done.id))

    board.tap(BOOK)
    await became(town, order, TagOutcome.ITEM_TAG)
    board.tap(TAG)
    await became(town, order, TagOutcome.DONE)
    await synced(town)
    assert board.releases == 0

    await town.house.says(DoorLine.IDLE, within=8)
    board.tap(TAG)
    await town.house.says(DoorLine.ASK_PIN)
    town.house.pin(PIN)
    await town.house.says(Reason.GRANTED)
    assert board.releases == 1


async def test_a_code_opens_once_and_is_then_withdrawn(town: Town) -> None:
    until_when = town.server.clock.now() + timedelta(days=1)
    done = await made(town, Wanted(kind=PassKind.VISITOR, label="rörmokare", valid_until=until_when, once=True))
    await synced(town)
    await town.house.says(DoorLine.IDLE, within=8)

    town.house.pin(f"{done.code}#")
    await town.house.says(Reason.GRANTED)

    async def why() -> str:
        async with town.server.database.reading(town.branch.scope) as session:
            (view,) = await passes_of(session, town.branch.id)
        return view.ended_why

    await town.has("access.granted")
    assert await why() == Ended.USED
    await synced(town)
    await town.house.says(DoorLine.IDLE, within=8)
    town.house.pin(f"{done.code}#")
    await until(town.house.refusals)
    assert town.house.board.releases == 1
    assert done.code not in str(town.house.journal())


async def test_a_patrons_tag_opens_with_her_own_pin_and_the_one_before_does_not(town: Town) -> None:
    board = town.house.board
    async with town.server.database.reading(town.branch.scope) as session:
        patron = await find(session, town.server.keys, "vastmanland", "vastmanland", CardNumber(ASTRID.card))
    for tag in (TAG, OTHER):
        order = await ordered(town, Target(patron=patron))
        board.tap(tag)
        await became(town, order, TagOutcome.DONE)
        # The server knew before the door heard so: until then the next tag would go to the order before.
        await until(lambda: not town.house.door.listening._tags.is_waiting)

    await town.house.says(DoorLine.IDLE, within=8)
    board.tap(OTHER)
    await town.house.says(DoorLine.ASK_PIN)
    town.house.pin(ASTRID.pin)
    await town.house.says(Reason.GRANTED)

    await town.house.says(DoorLine.IDLE, within=8)
    board.tap(TAG)
    await town.house.says(DoorLine.ASK_PIN)
    town.house.pin(ASTRID.pin)
    await town.house.says(Reason.UNKNOWN_CARD)
    assert board.releases == 1
