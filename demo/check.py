"""`meroppet-demo --check`: one visit, scripted, through the real processes; one line a step, 0 only if all held."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

from httpx2 import HTTPError

from demo.accounts import exactly_once
from demo.consortia import Place
from demo.doorstep import admits
from demo.folder import Folder
from demo.house import House
from demo.ports import Ports
from demo.visit import NotSeen, Visitor, person, require
from hardware.lockd.client import LockdClient
from meroppet.ils.ports import ItemState
from meroppet.rules.branch import BranchState
from meroppet.runtime.clock import SystemClock

EVENING = time(19, 30)
NIGHT = time(3, 0)
BOOK = "39990000000011"
PERMITTED, OTHER, UNPERMITTED = "astrid", "bengt", "elsa"

Step = Callable[[Visitor], Awaitable[None]]


async def play(place: Place, ports: Ports, folder: Folder) -> int:
    """Start everything, play every step, stop everything. Raises CannotStart or ChildDied where it cannot begin."""
    now = SystemClock().monotonic
    begun = now()
    print(f"One visit to {place.branch.name}, through five processes", flush=True)
    prepared = House(place, ports, folder, lambda *_: None)
    prepared.clock.turn_to(EVENING)
    async with prepared as house, Visitor(house) as visitor:
        _tell("ok", now() - begun, "library system, server, lock, door and kiosk are up")
        failures = 0
        for words, step in STEPS:
            started = now()
            why = await _held(step, visitor)
            failures += bool(why)
            _tell("FAILED" if why else "ok", now() - started, f"{words}: {why}" if why else words)
        if house.ended.done():
            failures += 1
            _tell("FAILED", 0.0, house.ended.result())
    _tell("FAILED" if failures else "ok", now() - begun, f"in all, {len(STEPS) - failures} of {len(STEPS)} steps held")
    return 1 if failures else 0


def _tell(how: str, seconds: float, words: str) -> None:
    print(f"  {how:<6} {seconds:5.1f} s  {words}", flush=True)


async def _held(step: Step, visitor: Visitor) -> str:
    """Why the step did not hold, or ""."""
    try:
        await step(visitor)
    except NotSeen as error:
        return str(error)
    except (OSError, HTTPError) as error:
        # A process that is gone in the middle of a step is a step that did not hold, not the end of the list.
        return f"{type(error).__name__}: {error}"
    return ""


async def _turn(visitor: Visitor, wall: time, wanted: BranchState) -> None:
    """Turn everybody's clock and wait until the door has the state, and its clock's new time from the server."""
    visitor.house.clock.turn_to(wall)

    def turned(known: dict[str, object]) -> bool:
        shown = datetime.fromisoformat(str(known["time"])) if admits(known) else None
        near = shown is not None and abs(shown - visitor.house.clock.now()) < timedelta(minutes=1)
        return near and known["state"] == wanted

    require(await visitor.house.until_door(turned, 6.0), f"the door says {visitor.house.door_facts}")


async def _evening(visitor: Visitor) -> None:
    await _turn(visitor, EVENING, BranchState.SELF_SERVICE)


async def _let_in(visitor: Visitor) -> None:
    await visitor.show(person(PERMITTED), person(PERMITTED).pin)
    await visitor.board("release of the strike", lambda board: not board.locked)
    granted = await visitor.row("access.granted")
    released = await visitor.row("door.released", cause="granted")
    require(granted.seq < released.seq, "the strike was released before the grant was on disk")
    require(visitor.house.board.push_door("outside"), "the door did not open")
    await visitor.row("door.opened")
    await visitor.board("locked strike once the door has opened", lambda board: board.locked)
    visitor.house.board.shut_door()
    await visitor.row("door.shut")


async def _refuse(visitor: Visitor, who: str, pin: str, reason: str) -> None:
    await visitor.show(person(who), pin)
    await visitor.row("access.refused", reason=reason)
    await visitor.refused()
    require(visitor.house.board.state().locked, "the strike is released")
    require(not visitor.house.board.push_door("outside"), "the door opened")


async def _wrong_pin(visitor: Visitor) -> None:
    await _refuse(visitor, OTHER, "0000", "wrong_pin")


async def _unpermitted(visitor: Visitor) -> None:
    await _refuse(visitor, UNPERMITTED, person(UNPERMITTED).pin, "no_permission")


async def _closed(visitor: Visitor) -> None:
    await _turn(visitor, NIGHT, BranchState.CLOSED)
    await visitor.show(person(PERMITTED))
    await visitor.row("access.refused", reason="closed")
    await visitor.refused()
    require(not visitor.house.board.push_door("outside"), "the door opened")
    await _leave(visitor)
    await _evening(visitor)


async def _leave(visitor: Visitor) -> None:
    """The way out: the button releases the strike at any hour, and the lever asks no software."""
    visitor.house.board.press_exit()
    await visitor.row("door.released", cause="exit")
    require(visitor.house.board.push_door("inside"), "the door did not open from inside")
    visitor.house.board.shut_door()


async def _loan(visitor: Visitor) -> None:
    before = await visitor.loans(person(PERMITTED))
    await visitor.log_in(person(PERMITTED))
    visitor.put_on_pad(BOOK)
    await visitor.item(BOOK, ItemState.ON_LOAN)
    require(await visitor.loans(person(PERMITTED)) == before + 1, "the loan is not on the patron's card")
    await visitor.touch("finish")
    await visitor.screen("receipt")
    visitor.put_on_pad()
    await visitor.touch("finish")
    await visitor.screen("idle")


async def _return(visitor: Visitor) -> None:
    await visitor.touch("choose", task="return")
    await visitor.screen("items")
    visitor.put_on_pad(BOOK)
    await visitor.item(BOOK, ItemState.AVAILABLE)
    visitor.put_on_pad()
    await visitor.touch("finish")
    await visitor.screen("receipt")


async def _network(visitor: Visitor) -> None:
    visitor.house.cable.cut()
    try:
        await visitor.show(person(PERMITTED), person(PERMITTED).pin)
        told = await visitor.refused()
        await visitor.row("access.refused", reason="ils_unavailable")
        require(told.locked, "the strike is released")
    finally:
        visitor.house.cable.mend()


async def _power(visitor: Visitor) -> None:
    house = visitor.house
    # The network was just mended; the door may still be finding its way back.
    require(await house.until_door(admits, 8.0), f"the door says {house.door_facts}")
    await visitor.show(person(PERMITTED), person(PERMITTED).pin)
    await visitor.board("release of the strike", lambda board: not board.locked)
    await house.cut_power()
    require(house.board.state().locked, "the strike is released without power")
    require(not house.board.push_door("outside"), "the door opened without power")
    require(house.board.push_door("inside"), "the way out is shut without power")
    house.board.shut_door()
    await house.restore_power()
    require(house.board.state().locked, "the strike is released after the boot")
    lock = LockdClient(house.plan.lockd_socket)
    require(await lock.locked(), "lockd says that the strike is released")
    await lock.close()


async def _delivered(visitor: Visitor) -> None:
    for device in ("door", "kiosk"):
        journal, database = visitor.house.plan.journal(device), visitor.house.plan.database
        await visitor.seen(f"whole journal of the {device} at the server", lambda: exactly_once(journal, database), 8.0)  # noqa: B023 (used at once)


STEPS: tuple[tuple[str, Step], ...] = (
    ("the branch opens for self-service when the clock is turned to 19.30", _evening),
    ("a permitted patron with the right PIN is let in, journal before strike", _let_in),
    ("a wrong PIN is refused: wrong_pin", _wrong_pin),
    ("a patron without permission is refused: no_permission", _unpermitted),
    ("a book lent at the kiosk is on loan in the library system, asked over SIP2", _loan),
    ("the book given back is back in the library system, asked over SIP2", _return),
    ("at 03.00 everybody is refused: closed; the way out is open", _closed),
    ("network cut: refused with ils_unavailable, told whom to call, journalled", _network),
    ("power cut in mid-pulse: locked, and locked again after the boot", _power),
    ("every event of door and kiosk reached the server exactly once", _delivered),
)
