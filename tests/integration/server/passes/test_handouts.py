"""Handing out a tag at a reader: the server's answer to what was held there."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import Right
from meroppet.rules.passes import PassKind
from meroppet.wire.commands import Action
from meroppet.wire.passes import TagOutcome
from server.audit.models import AuditEntry
from server.db import Scope
from server.devices.orders import open_orders
from server.devices.service import DeviceView, device
from server.passes.handouts import Target, handout, order_tag, tag_read
from server.passes.models import PatronTag, TagHandout
from server.passes.service import Made, Wanted, make_pass, pass_with
from server.patrons.models import PatronCard
from server.patrons.service import Holder, find, set_right
from server.patrons.subjects import branch_keys
from server.patrons.tags import number_behind

from .conftest import ALL, Place

TAG, OTHER = CardNumber("04A1B2C3D4E5F6"), CardNumber("04FFEEDDCCBBAA")
ASTRID = CardNumber("A1000000001")
REGISTER = "koha"


async def cleaner(place: Place, label: str = "cleaning") -> str:
    wanted = Wanted(kind=PassKind.CLEANER, label=label, pin=Pin("7305"))
    async with place.database.session(place.branch.scope) as session:
        made = await make_pass(session, place.keys, place.branch, wanted, "ulla")
    assert isinstance(made, Made)
    return made.id


async def astrid(place: Place) -> str:
    async with place.database.session(place.branch.scope) as session:
        holder = Holder(REGISTER, ASTRID)
        return (await set_right(session, place.keys, place.branch, holder, Right(permitted=True), by="ulla")).patron


async def ordered(place: Place, target: Target) -> str:
    door = await _door(place)
    async with place.database.session(place.branch.scope) as session:
        return await order_tag(session, place.branch, door, target, "ulla")


async def _door(place: Place) -> DeviceView:
    async with place.database.reading(place.branch.scope) as session:
        found = await device(session, "door-1")
    return found or await place.door()


async def held(place: Place, order: str, read: CardNumber | TagOutcome, device: str = "door-1") -> TagOutcome:
    async with place.database.session(place.branch.scope) as session:
        return await tag_read(session, place.keys, place.branch, REGISTER, device=device, handout_id=order, read=read)


async def test_a_tag_held_to_the_reader_is_the_passs_from_then_on(place: Place) -> None:
    pass_id = await cleaner(place)
    order = await ordered(place, Target(pass_id=pass_id))
    async with place.database.reading(place.branch.scope) as session:
        (given,) = await open_orders(session, "door-1")
    assert (given.order, given.action) == (order, Action.READ_TAG)

    assert await held(place, order, TAG) is TagOutcome.DONE
    assert await held(place, order, OTHER) is TagOutcome.TOO_LATE

    async with place.database.reading(ALL) as session:
        named = await branch_keys(session, place.keys, "nora")
        view = await handout(session, "nora", order)
        rows = [*await session.all(select(TagHandout)), *await session.all(select(AuditEntry))]
    assert named is not None
    assert view is not None
    assert view.outcome is TagOutcome.DONE
    assert list(await place.told()) == [named.subject(TAG)]
    assert TAG.value not in f"{[row.model_dump() for row in rows]}"


@pytest.mark.parametrize("unfit", [TagOutcome.ITEM_TAG, TagOutcome.UNREADABLE])
async def test_after_a_books_tag_the_right_one_may_still_be_held_there(place: Place, unfit: TagOutcome) -> None:
    order = await ordered(place, Target(pass_id=await cleaner(place)))

    assert await held(place, order, unfit) is unfit
    assert await place.told() == {}
    assert await held(place, order, TAG) is TagOutcome.DONE


async def test_a_number_that_can_be_no_tag_is_refused_though_the_device_knows_no_formats(place: Place) -> None:
    order = await ordered(place, Target(pass_id=await cleaner(place)))

    assert await held(place, order, CardNumber("E004010012345678")) is TagOutcome.ITEM_TAG
    assert await held(place, order, CardNumber("08A1B2C3")) is TagOutcome.UNREADABLE
    assert await place.told() == {}


async def test_a_tag_that_is_somebodys_already_is_refused(place: Place) -> None:
    await astrid(place)
    first, second = await cleaner(place), await cleaner(place, "cleaning, set 2")
    assert await held(place, await ordered(place, Target(pass_id=first)), TAG) is TagOutcome.DONE

    order = await ordered(place, Target(pass_id=second))
    assert await held(place, order, TAG) is TagOutcome.KNOWN
    assert await held(place, order, ASTRID) is TagOutcome.KNOWN
    assert await held(place, order, OTHER) is TagOutcome.DONE


async def test_an_order_is_over_after_a_minute_and_only_the_device_it_went_to_may_answer(place: Place) -> None:
    order = await ordered(place, Target(pass_id=await cleaner(place)))
    assert await held(place, order, TAG, device="door-2") is TagOutcome.TOO_LATE

    place.clock.advance(timedelta(seconds=60))
    assert await held(place, order, TAG) is TagOutcome.TOO_LATE
    assert await held(place, "no such order", TAG) is TagOutcome.TOO_LATE


async def test_a_newer_order_at_the_same_reader_takes_over(place: Place) -> None:
    first, second = await cleaner(place), await cleaner(place, "cleaning, set 2")
    older = await ordered(place, Target(pass_id=first))
    newer = await ordered(place, Target(pass_id=second))

    assert await held(place, older, TAG) is TagOutcome.TOO_LATE
    assert await held(place, newer, TAG) is TagOutcome.DONE
    async with place.database.reading(place.branch.scope) as session:
        view = await pass_with(session, "nora", second)
    assert view is not None
    assert view.has_tag


async def test_a_patrons_tag_stands_for_her_number_and_a_new_one_ends_it(place: Place) -> None:
    patron = await astrid(place)
    assert await held(place, await ordered(place, Target(patron=patron)), TAG) is TagOutcome.DONE

    west = Scope.of_consortium("west")
    async with place.database.reading(west) as session:
        assert await number_behind(session, place.keys, "west", REGISTER, TAG) == ASTRID

    assert await held(place, await ordered(place, Target(patron=patron)), TAG) is TagOutcome.DONE
    assert await held(place, await ordered(place, Target(patron=patron)), OTHER) is TagOutcome.DONE
    async with place.database.reading(west) as session:
        assert await find(session, place.keys, "west", REGISTER, TAG) is None
        assert await find(session, place.keys, "west", REGISTER, OTHER) == patron
        assert len(await session.all(select(PatronCard))) == 1
        assert len(await session.all(select(PatronTag))) == 1


async def test_another_patrons_card_is_no_tag(place: Place) -> None:
    patron = await astrid(place)
    pass_id = await cleaner(place)
    assert await held(place, await ordered(place, Target(pass_id=pass_id)), TAG) is TagOutcome.DONE

    order = await ordered(place, Target(patron=patron))
    assert await held(place, order, ASTRID) is TagOutcome.KNOWN
    assert await held(place, order, TAG) is TagOutcome.KNOWN
