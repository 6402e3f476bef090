"""What a whole door does around a closing: it says so, tells others, puts out the lights and asks the alarm."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from meroppet.rules.exceptions import Level, OrderKind
from meroppet.rules.exceptions import Order as HoursOrder
from meroppet.rules.reasons import Reason
from meroppet.rules.schedule import ClosingPlan, Schedule
from meroppet.wire.schedule_convert import order_to_wire
from tests.fakes.server_double import ALWAYS
from tests.integration.door.house import House, until

AT_ONCE = ClosingPlan(announcements=(1, 2), last_entry=None, gap=0, lights=0, alarm=0)


def fitted(house: House) -> dict[str, Any]:
    board = {"driver": "virtual", "socket": str(house.board.path)}
    return {
        **dict.fromkeys(("voice", "loudspeaker", "messenger"), board),
        "arm_request": {**board, "name": "arm_request"},
        "alarm_armed": {**board, "part": "armed"},
        "languages": ("sv", "en", "fi"),
    }


def closes_at(house: House, moment: datetime) -> None:
    """Staff close the branch at a second of the clock, so that no test waits for a whole minute."""
    order = HoursOrder(
        id="now", level=Level.BRANCH, kind=OrderKind.EMERGENCY_CLOSED, start=moment, end=None, reasons=()
    )
    house.server.put("order", order_to_wire(order), "now")


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def rows(house: House, kind: str = "closing.step") -> list[dict[str, Any]]:
    return [json.loads(detail) for each, detail in house.journal() if each == kind]


def outcomes(house: House) -> dict[tuple[str, int], str]:
    return {(row["step"], row["minutes"]): row["outcome"] for row in rows(house)}


async def begun(house: House) -> None:
    house.fitted = fitted(house)
    await house.open(schedule=Schedule("Europe/Stockholm", ALWAYS.weekly, closing=AT_ONCE))


async def test_a_closing_is_announced_in_every_language_and_others_are_told(house: House) -> None:
    await begun(house)
    heard: list[tuple[str, str]] = []

    async def listen() -> None:
        async for state in house.board.subscribe():
            if state.said[1] and state.said not in heard:
                heard.append(state.said)

    listening = asyncio.create_task(listen())
    closes_at(house, in_seconds(63))
    await until(lambda: ("announce", 1) in outcomes(house), within=30)
    listening.cancel()

    assert outcomes(house)["announce", 1] == "done"
    assert [lang for lang, _ in heard] == ["sv", "en", "fi"]
    assert heard[0][1] == "Biblioteket stänger om en minut. Gå till utgången."
    told = dict(house.board.state().told)
    assert (told["step"], told["minutes"]) == ("announce", "1")
    assert told["text_en"] == "The library closes in one minute. Please go to the exit."
    await house.sees(lambda state: bool(state.display) and state.display[0].startswith("Stänger om "))


async def test_at_the_closing_the_alarm_is_asked_and_its_answer_read_back(house: House) -> None:
    await begun(house)

    closes_at(house, in_seconds(2))
    await house.sees(lambda state: "armed" in state.active, within=30)
    await until(lambda: outcomes(house).get(("request_alarm", 0)) == "done")

    assert outcomes(house)["close", 0] == "done"
    assert len(rows(house, "alarm.arm_requested")) == 1
    await house.sees(lambda state: "arm_request" not in state.relays)


async def test_what_staff_leave_out_is_not_done_and_told_with_their_order(house: House) -> None:
    await begun(house)

    assert house.door.closing.leave_out("request_alarm", "order-7")
    assert not house.door.closing.leave_out("sing", "order-8")
    closes_at(house, in_seconds(2))
    await until(lambda: ("request_alarm", 0) in outcomes(house), within=30)

    left_out = next(row for row in rows(house) if row["step"] == "request_alarm")
    assert (left_out["outcome"], left_out["order"]) == ("skipped", "order-7")
    assert rows(house, "alarm.arm_requested") == []
    assert "armed" not in house.board.state().active


async def test_a_restart_repeats_nothing_that_was_done(house: House) -> None:
    await begun(house)
    closes_at(house, in_seconds(2))
    await until(lambda: outcomes(house).get(("request_alarm", 0)) == "done", within=30)
    before = len(rows(house))

    await house.stop_door()
    await house.start_door()
    await house.says(Reason.EMERGENCY_CLOSED)
    await until(lambda: house.door.place.state() is not None)
    house.door.closing.look()
    await asyncio.sleep(1.0)

    assert len(rows(house)) == before
    assert len(rows(house, "alarm.arm_requested")) == 1
