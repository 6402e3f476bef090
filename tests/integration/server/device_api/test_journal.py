"""Every row a device sends is here exactly once, whatever happens on the way, and nothing it sends is lost."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from meroppet.rules.credentials import CardNumber
from meroppet.rules.eligibility import Right
from meroppet.wire.changes import read_snapshot, unpack_rights
from meroppet.wire.commands import Action
from meroppet.wire.journal import JournalReply
from server.devices.orders import order, orders_of
from server.devices.service import device as device_view
from server.devices.service import devices_of
from server.journal.service import (
    accept_gap,
    decisions_of_card,
    gaps,
    open_alarms,
    parked,
    recent,
    seen,
    taken,
)
from server.visits.models import Refusal, Visit
from tests.fakes.signing_device import SigningDevice

from .conftest import ASTRID, House

NOBODY = "0" * 32


def row(house: House, seq: int, kind: str = "door.opened", subject: str = "", **detail: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "wall": house.clock.now().isoformat(),
        "monotonic": float(seq),
        "boot": "b1",
        "clock": "signed",
        "kind": kind,
        "subject": subject,
        "detail": detail,
    }


def granted(house: House, seq: int, subject: str = NOBODY) -> dict[str, Any]:
    return row(house, seq, "access.granted", subject, attempt=f"a{seq}", checked="ils")


def refused(house: House, seq: int, subject: str = NOBODY, reason: str = "wrong_pin") -> dict[str, Any]:
    return row(house, seq, "access.refused", subject, attempt=f"a{seq}", reason=reason, checked="ils")


async def push(door: SigningDevice, *rows: dict[str, Any], epoch: str = "e1") -> JournalReply:
    response = await door.ask("POST", "/journal", {"epoch": epoch, "rows": rows})
    assert response.status_code == 200, response.text
    return JournalReply.model_validate_json(response.content)


async def here(house: House, door: SigningDevice, epoch: str = "e1") -> list[int]:
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        return await taken(session, door.device, epoch)


async def visits(house: House) -> int:
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        return int(await session.scalar(select(func.count()).select_from(Visit)))


async def test_rows_are_kept_and_acknowledged(house: House) -> None:
    door = await house.device()

    reply = await push(door, row(house, 1), granted(house, 2), refused(house, 3))

    assert (reply.acked_through, reply.parked) == (3, ())
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        events = await recent(session, "skiljebo")
        assert [event.kind for event in events] == ["access.refused", "access.granted", "door.opened"]
        assert events[0].detail["reason"] == "wrong_pin"
        assert await session.all(select(col(Visit.branch_id), col(Visit.at))) == [("skiljebo", house.clock.now())]
        assert await session.all(select(col(Refusal.reason), col(Refusal.subject))) == [("wrong_pin", NOBODY)]


async def test_rows_sent_again_because_the_answer_was_lost_are_kept_once(house: House) -> None:
    door = await house.device()
    rows = [granted(house, seq) for seq in range(1, 6)]

    replies = [await push(door, *rows[:3]), await push(door, *rows[1:]), await push(door, *rows)]

    assert [reply.acked_through for reply in replies] == [3, 5, 5]
    assert await here(house, door) == [1, 2, 3, 4, 5]
    assert await visits(house) == 5


async def test_a_new_epoch_counts_from_one_again(house: House) -> None:
    door = await house.device()

    await push(door, row(house, 1), row(house, 2))

    assert (await push(door, row(house, 1), epoch="e2")).acked_through == 1
    assert (await here(house, door), await here(house, door, "e2")) == ([1, 2], [1])


async def test_a_gap_is_seen_and_closes_when_the_rows_come(house: House) -> None:
    door = await house.device()
    scope = house.branches["skiljebo"].scope

    assert (await push(door, row(house, 1), row(house, 4), row(house, 5))).acked_through == 1
    async with house.database.reading(scope) as session:
        assert [(gap.first, gap.last) for gap in await gaps(session, "skiljebo")] == [(2, 3)]
    assert (await push(door, row(house, 2))).acked_through == 2
    assert (await push(door, row(house, 3))).acked_through == 5
    async with house.database.reading(scope) as session:
        assert await gaps(session, "skiljebo") == []


async def test_a_gap_that_staff_accept_is_waited_for_no_longer(house: House) -> None:
    door = await house.device()
    scope = house.branches["skiljebo"].scope
    await push(door, row(house, 5), row(house, 6), row(house, 8))

    async with house.database.session(scope) as session:
        first = (await gaps(session, "skiljebo"))[0]
        assert (first.first, first.last) == (1, 4)
        await accept_gap(session, first)

    async with house.database.reading(scope) as session:
        assert [(gap.first, gap.last) for gap in await gaps(session, "skiljebo")] == [(7, 7)]
    assert (await push(door, row(house, 7))).acked_through == 8


async def test_rows_that_cannot_be_understood_are_kept_aside_and_hold_up_nobody(house: House) -> None:
    door = await house.device()
    rows = [row(house, 1), row(house, 2, "door.sang"), {**row(house, 3), "wall": "soon"}, row(house, 4)]

    reply = await push(door, *rows)
    again = await push(door, *rows)

    assert reply.acked_through == again.acked_through == 4
    assert [aside.seq for aside in reply.parked] == [aside.seq for aside in again.parked] == [2, 3]
    assert await here(house, door) == [1, 4]
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        aside = await parked(session, "skiljebo")
        assert {(item.seq, item.why) for item in aside} == {
            (2, "kind: not known to this server"),
            (3, "wall: no time"),
        }
        assert all("door.sang" in item.raw for item in aside if item.seq == 2)


async def test_what_is_no_push_is_refused_whole(house: House) -> None:
    door = await house.device()

    response = await door.ask("POST", "/journal", {"epoch": "e1", "rows": [row(house, 1), {"seq": "two"}]})

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert await here(house, door) == []


async def test_the_same_rows_pushed_at_once_are_kept_once(house: House) -> None:
    door = await house.device()
    rows = [granted(house, seq) for seq in range(1, 21)]

    replies = await asyncio.gather(*(push(door, *rows[start:]) for start in (0, 0, 5, 10)))

    assert {reply.acked_through for reply in replies} <= {0, 20}
    assert await here(house, door) == list(range(1, 21))
    assert await visits(house) == 20


async def test_a_lossy_way_delivers_every_row_exactly_once(house: House) -> None:
    door, dice, sent, wrote = await house.device(), random.Random(7), 0, 0
    while sent < 60:
        wrote = min(wrote + dice.randrange(4), 60)
        rows = [granted(house, seq) for seq in range(sent + 1, wrote + 1)][: dice.randrange(1, 9)]
        fate = dice.choice(["delivered", "request lost", "answer lost", "delivered twice"])
        if fate == "request lost" or not rows:
            continue
        reply = await push(door, *rows)
        if fate == "delivered twice":
            reply = await push(door, *rows)
        if fate != "answer lost":
            sent = reply.acked_through

    assert await here(house, door) == list(range(1, 61))
    assert await visits(house) == 60


async def test_an_event_of_an_untrusted_clock_is_dated_when_it_came(house: House) -> None:
    door = await house.device()

    await push(door, {**row(house, 1), "wall": "1970-01-01T00:00:07+00:00", "clock": "none"})

    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        assert (await recent(session, "skiljebo"))[0].at == house.clock.now()


async def test_a_forced_door_is_an_alarm_until_somebody_has_seen_it(house: House) -> None:
    door = await house.device()
    await push(door, row(house, 1, "door.forced"), row(house, 2, "door.held", seconds=31.0))
    await push(door, row(house, 1, "door.forced"))

    view = house.branches["skiljebo"]
    async with house.database.session(view.scope) as session:
        assert {alarm.kind for alarm in await open_alarms(session, "skiljebo")} == {"door.forced", "door.held"}
        await seen(session, "skiljebo", "staff")
        assert await open_alarms(session, "skiljebo") == []


async def test_a_cards_decisions_are_found_by_card_and_by_number_and_by_nobody_else(house: House) -> None:
    door = await house.device()
    await house.give(Right(permitted=True))
    _, _, records = read_snapshot((await door.ask("GET", "/snapshot")).content)
    subject = next(iter(unpack_rights(records)))[0]
    await push(door, refused(house, 1, subject), granted(house, 2, subject), refused(house, 3))

    view = house.branches["skiljebo"]
    async with house.database.reading(view.scope) as session:
        hers = await decisions_of_card(session, house.keys, view, CardNumber(ASTRID), register="vastmanland")
        other = await decisions_of_card(session, house.keys, view, CardNumber("A999"), register="vastmanland")
    assert [event.seq for event in hers] == [2, 1]
    assert other == []


async def test_one_municipality_does_not_see_the_events_of_another(house: House) -> None:
    await push(await house.device(), row(house, 1))

    async with house.database.reading(house.branches["salastad"].scope) as session:
        assert await recent(session, "skiljebo") == []


async def test_new_rows_wake_the_branchs_pages_and_old_ones_do_not(house: House) -> None:
    door = await house.device()
    with house.hub.listening("branch:skiljebo") as ear:
        await push(door, row(house, 1))
        assert await ear.heard(2) == {"branch:skiljebo"}
        await push(door, row(house, 1))
        assert await ear.heard(0.1) == frozenset()


@pytest.mark.parametrize("done", [True, False])
async def test_an_order_is_answered_by_the_journal_once(house: House, done: bool) -> None:
    door = await house.device()
    scope = house.branches["skiljebo"].scope
    async with house.database.session(scope) as session:
        view = await device_view(session, door.device)
        assert view is not None
        given = await order(session, view, Action.OPEN_ONCE, "Maj")

    detail: dict[str, Any] = {
        "order": given.order,
        "action": "open_once",
        "done": done,
        "reason": "" if done else "expired",
    }
    await push(door, row(house, 1, "order.answered", **detail))
    await push(door, row(house, 2, "order.answered", **{**detail, "done": not done}))

    async with house.database.reading(scope) as session:
        assert [(known.given_by, known.done) for known in await orders_of(session, door.device)] == [("Maj", done)]


async def test_a_device_that_says_it_is_well_is_seen_so_until_it_falls_silent(house: House) -> None:
    door = await house.device()
    body = {
        "version": "1",
        "now": (house.clock.now() + timedelta(seconds=3)).isoformat(),
        "clock": "ntp",
        "change": 3,
        "unsent": 0,
        "locked": True,
        "door": "shut",
        "state": "self_service",
        "readers_lost": ["card"],
    }
    assert (await door.ask("POST", "/health", body)).status_code == 200
    assert (await door.ask("POST", "/health", {**body, "door": "open"})).json()["change"] > 0

    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        view = (await devices_of(session, "skiljebo"))[0]
    assert view.health is not None
    assert (view.health.door, view.health.clock_ahead_seconds, view.health.readers_lost) == ("open", 3.0, ("card",))
    assert not view.is_silent(house.clock.now())
    assert view.is_silent(house.clock.now() + timedelta(seconds=46))
    for wrong in (
        {"now": "noon"},
        {"now": "2026-01-01T00:00:00"},
        {"change": 2**63},
        {"change": -1},
        {"unsent": 2**63},
        {"version": "x" * 10_000},
        {"version": "\0"},
        {"readers_lost": ["card"] * 1000},
    ):
        assert (await door.ask("POST", "/health", {**body, **wrong})).status_code == 400, wrong
