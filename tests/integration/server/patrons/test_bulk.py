"""The same change for many cards: what each comes to is told first, and taking access from too many waits."""

from datetime import date, timedelta

import pytest

from meroppet.ils.fake import FakeIls, Library, Patron
from meroppet.rules.eligibility import Right
from server.audit.service import Data, record
from server.patrons.brake import HeldKind, waiting
from server.patrons.bulk import (
    CARRIED_OUT,
    MOST_CARDS,
    Batch,
    Deed,
    Order,
    OrderRefusal,
    Outcome,
    Sorted,
    answers,
    card_texts,
    carry_out,
    do_held,
    looked_through,
    wrong,
)
from server.patrons.bulk import Place as Here
from server.patrons.reach import Reach
from server.patrons.suspensions import LONGEST, SuspensionReason

from .conftest import ASTRID, BERTIL, CECILIA, REGISTER, SEED, Place

TODAY = date(2026, 11, 23)
A_MONTH = timedelta(days=30)


async def looked(place: Place, order: Order, texts: list[str], branch: str = "nora") -> Batch:
    at = place.branches[branch]
    library = Library(
        [Patron(card=card, pin="1234", name="Anna Ek") for card in (ASTRID, BERTIL, CECILIA)], [], lambda: TODAY
    )
    said = await answers(FakeIls(library, branch), texts)
    async with place.database.session(at.scope) as session:
        return await looked_through(session, Here(place.keys, at, REGISTER), texts, order, said)


async def done(place: Place, order: Order, texts: list[str], branch: str = "nora") -> Outcome:
    at, batch = place.branches[branch], await looked(place, order, texts, branch)
    async with place.database.session(at.scope) as session:
        return await carry_out(session, Here(place.keys, at, REGISTER), batch, order, by="maj")


def today(place: Place) -> date:
    return place.clock.now().date()


@pytest.mark.parametrize(
    "pasted",
    [
        "10000001\r\n10000002\n\n 10000003 \n",
        "10000001, 10000002 10000003",
        "Kort;Namn\n10000001;Anna Ek\n10000002;\n10000003;x",
        "\ufeffcard,born\n10000001,19800101\n10000002,\n10000003",
        "10000001\tAnna 1980\n10000002\t\n10000003",
    ],
)
def test_pasted_text_is_read_by_its_cards(pasted: str) -> None:
    assert card_texts(pasted) == ["10000001", "10000002", "10000003"]


@pytest.mark.parametrize(
    ("order", "cards", "why"),
    [
        (Order(deed=Deed.GRANT, reach=Reach.BRANCH), 1, None),
        (Order(deed=Deed.GRANT, reach=Reach.BRANCH), 0, OrderRefusal.NO_CARDS),
        (Order(deed=Deed.GRANT, reach=Reach.BRANCH), MOST_CARDS + 1, OrderRefusal.TOO_MANY),
        (Order(deed=Deed.GRANT, reach=Reach.BRANCH, last=TODAY - A_MONTH), 1, OrderRefusal.PAST),
        (Order(deed=Deed.EXPIRE, reach=Reach.BRANCH), 1, OrderRefusal.NO_DAY),
        (Order(deed=Deed.EXPIRE, reach=Reach.BRANCH, last=TODAY), MOST_CARDS, None),
        (Order(deed=Deed.END, reach=Reach.BRANCH), 1, None),
        (Order(deed=Deed.SUSPEND, reach=Reach.BRANCH), 1, OrderRefusal.NO_DAY),
        (Order(deed=Deed.SUSPEND, reach=Reach.BRANCH, last=TODAY), 1, OrderRefusal.NO_REASON),
        (
            Order(deed=Deed.SUSPEND, reach=Reach.BRANCH, last=TODAY + 2 * LONGEST, reason=SuspensionReason.OTHER),
            1,
            OrderRefusal.TOO_LONG,
        ),
    ],
)
def test_an_order_is_whole_or_refused(order: Order, cards: int, why: OrderRefusal | None) -> None:
    assert wrong(order, ["1"] * cards, TODAY) is why


async def test_access_is_given_to_those_the_register_knows(place: Place) -> None:
    order = Order(deed=Deed.GRANT, reach=Reach.MUNICIPALITY, introduced=True)
    texts = [ASTRID, BERTIL, ASTRID, "99999999", "x?"]

    batch = await looked(place, order, texts)
    assert [entry.sorted for entry in batch.entries] == [
        Sorted.CHANGES, Sorted.CHANGES, Sorted.TWICE, Sorted.UNKNOWN, Sorted.NO_NUMBER,
    ]  # fmt: skip
    assert await place.door(ASTRID) is None
    assert ASTRID not in repr(batch)

    assert (await done(place, order, texts)).changed == 2
    for name in ("nora", "gyttorp"):
        told = await place.door(BERTIL, name)
        assert told is not None
        assert (told["permitted"], told["introduced"]) == (True, True)
    assert await place.door(BERTIL, "lind") is None


async def test_an_end_is_set_only_where_there_is_access_and_never_later_than_it_was(place: Place) -> None:
    soon = today(place) + A_MONTH
    for number in range(3):
        await place.give(f"2{number:07}")
    await place.give(ASTRID, Right(permitted=True, valid_until=today(place)))
    await place.give(BERTIL, Right(permitted=True), branch="lind")
    order = Order(deed=Deed.EXPIRE, reach=Reach.BRANCH, last=soon)

    first = await done(place, order, [ASTRID])
    second = await done(place, order, ["20000000", BERTIL, CECILIA])

    assert (first.changed, second.changed) == (1, 1)
    assert [(await place.door(card) or {}).get("valid_until") for card in (ASTRID, "20000000")] == [
        today(place).isoformat(),
        soon.isoformat(),
    ]
    assert (await place.door(BERTIL, "lind") or {})["valid_until"] is None


async def test_what_takes_access_from_too_many_waits_until_it_is_released(place: Place) -> None:
    for card in (ASTRID, BERTIL, CECILIA):
        await place.give(card)
    order = Order(
        deed=Deed.SUSPEND, reach=Reach.BRANCH, last=today(place) + A_MONTH, reason=SuspensionReason.HOUSE_RULES
    )

    stopped = await done(place, order, [ASTRID, BERTIL])
    assert stopped.changed == 0
    assert stopped.held is not None
    assert stopped.held.kind is HeldKind.BULK
    assert ASTRID not in str(stopped.held.payload)
    assert (await place.door(ASTRID) or {})["suspended_until"] is None

    async with place.database.session(SEED) as session:
        (view,) = await waiting(session)
        assert await do_held(session, place.keys, view) == 2
    assert (await place.door(ASTRID) or {})["suspended_until"] is not None
    assert (await place.door(CECILIA) or {})["suspended_until"] is None


@pytest.mark.parametrize("had", [None, A_MONTH])
async def test_giving_access_never_ends_it_earlier(place: Place, had: timedelta | None) -> None:
    until = today(place) + had if had else None
    await place.give(ASTRID, Right(permitted=True, valid_until=until))
    await place.give(BERTIL, Right(permitted=True, valid_until=today(place)))
    tomorrow = today(place) + timedelta(days=1)
    order = Order(deed=Deed.GRANT, reach=Reach.BRANCH, last=tomorrow, introduced=True)

    assert (await done(place, order, [ASTRID, BERTIL, CECILIA])).changed == 3

    told = [await place.door(card) or {} for card in (ASTRID, BERTIL, CECILIA)]
    assert [one["valid_until"] for one in told] == [until and until.isoformat(), *[tomorrow.isoformat()] * 2]
    assert [one["introduced"] for one in told] == [True] * 3


async def test_many_small_changes_within_an_hour_are_one_large_one(place: Place) -> None:
    at = place.branches["nora"]
    for card in (ASTRID, BERTIL):
        await place.give(card)
    order = Order(deed=Deed.END, reach=Reach.BRANCH)
    data: Data = {"deed": Deed.END.value, "changed": 1}
    async with place.database.session(at.scope) as session:
        await record(session, CARRIED_OUT, "maj", at.scope, data, branch=at.id)
    assert (await done(place, order, [ASTRID])).held is not None

    place.clock.advance(timedelta(minutes=61))
    assert (await done(place, order, [ASTRID])).changed == 1


async def test_another_municipality_ends_only_what_it_gave_itself(place: Place) -> None:
    await place.give(ASTRID, reach=Reach.CONSORTIUM)
    order = Order(deed=Deed.END, reach=Reach.CONSORTIUM)

    assert (await done(place, order, [ASTRID], "lind")).changed == 0

    assert (await place.door(ASTRID, "nora") or {})["permitted"] is True
