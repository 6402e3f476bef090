"""Wrong PINs are counted over all doors, outlast the server, and never lock anybody's account in the register."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from meroppet.ils.acs_simulator import Fault
from meroppet.rules.access import settled
from meroppet.rules.credentials import CardNumber
from meroppet.rules.pin import OFF_FROM, DoorMode, Outcome, PinAnswer
from meroppet.wire.access import AcknowledgedDocument, LockDocument
from meroppet.wire.changes import read_snapshot
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.ils import IlsPatronReply
from meroppet.wire.verify import VerifyReply
from server.attempts.counting import Sending
from server.attempts.doors import acknowledge, troubled
from server.attempts.service import Place, Standing, begin, reset, settle, standing
from server.db import Scope
from server.patrons.telling import ready_branch
from tests.fakes.signing_device import SigningDevice

from .conftest import ASTRID, PIN, House

BERTIL = "A1000000002"
LIMIT = 3
"""What the register's profile says, and what the register does."""


async def guess(
    door: SigningDevice, pin: str = "9038", card: str = ASTRID, *, agreed: bool = False, attempt: str = "attempt-1"
) -> PinAnswer:
    body = {"attempt": attempt, "door": door.device, "sealed": door.seal(attempt, card, pin), "agreed": agreed}
    response = await door.ask("POST", "/verify", body)
    assert response.status_code == 200, response.text
    return VerifyReply.model_validate_json(response.content).pin


async def guesses(door: SigningDevice, count: int) -> list[PinAnswer]:
    return [await guess(door) for _ in range(count)]


def place(house: House, branch: str = "skiljebo", device: str | None = None) -> Place:
    view = house.branches[branch]
    return Place(view.consortium, view.controller, view.id, "vastmanland", device)


async def stands(house: House, card: str = ASTRID) -> Standing:
    async with house.database.session(Scope.of_consortium("vastmanland")) as session:
        return await standing(session, house.keys, place(house), [CardNumber(card)], LIMIT)


async def told(door: SigningDevice, kind: str) -> list[object]:
    _, documents, _ = read_snapshot((await door.ask("GET", "/snapshot")).content)
    return [document.value for document in documents if document.kind == kind]


@pytest.fixture
def never_locks(house: House) -> House:
    """The same house with a register that locks nobody out."""
    known = house.parts.registers._known
    for branch, (register, account) in known.items():
        known[branch] = (register.model_copy(update={"profile_changes": NEVER}), account)
    library = house.register.library
    library.rules = replace(library.rules, wrong_pins_until_locked=0)
    return house


NEVER = {"limits": {"wrong_pins_until_locked": 0}}


async def test_no_pin_is_sent_that_could_lock_the_account(house: House) -> None:
    doors = [await house.device(), await house.device()]
    answers = [await guess(doors[number % 2]) for number in range(4)]

    assert answers == ["wrong", "wrong", "withheld", "withheld"]
    # The account is not locked: the right PIN still opens, where somebody had learned it.
    assert await guess(doors[0], PIN) == "withheld"
    assert not house.register.library.is_locked(house.register.library.patrons[0])
    house.clock.advance(timedelta(minutes=15))
    assert await guess(doors[0], PIN, agreed=True) == "right"
    assert await guess(doors[1], PIN) == "right"


async def test_whoever_agreed_with_a_wrong_pin_is_not_believed_again(house: House) -> None:
    door = await house.device()
    assert await guesses(door, 2) == ["wrong", "wrong"]
    assert await guess(door, agreed=True) == "wrong"
    assert await guess(door, PIN, agreed=True) == "withheld"


async def test_a_silent_register_may_have_counted_the_pin_unless_a_learned_one_agreed(house: House) -> None:
    door, agreed = await house.device(), await house.device()
    assert await guess(door, PIN) == "right"
    house.register.control.fault = Fault.CLOSE
    assert [await guess(door, PIN) for _ in range(3)] == ["unavailable", "unavailable", "withheld"]
    assert [await guess(agreed, PIN, agreed=True) for _ in range(5)] == ["unavailable"] * 5
    house.register.control.fault = Fault.NONE
    house.clock.advance(timedelta(minutes=1))
    assert await guess(door, PIN, agreed=True) == "right"


async def test_a_pin_that_was_never_sent_is_not_counted(house: House) -> None:
    door = await house.device()
    await house.register.close()
    assert [await guess(door, PIN) for _ in range(4)] == ["unavailable"] * 4
    assert await stands(house) == Standing(0, 0, None, withheld=False)


async def test_a_card_is_locked_at_every_door_after_five(never_locks: House) -> None:
    house = never_locks
    await know(house)
    doors = [await house.device(), await house.device("ekeby")]
    answers = [await guess(doors[0]) for _ in range(6)]

    assert answers == ["wrong"] * 5 + ["withheld"]
    assert await guess(doors[0], "6483", BERTIL) == "right"
    for door in doors:
        (lock,) = await told(door, "lock")
        assert LockDocument.model_validate(lock).locked_until == house.clock.now() + timedelta(minutes=15)
    house.clock.advance(timedelta(minutes=15))
    assert await guess(doors[0], PIN) == "right"
    (lock,) = await told(doors[1], "lock")
    assert LockDocument.model_validate(lock) == LockDocument(failures=0, cleared=1)


async def test_nobody_gets_more_than_twenty_guesses_at_a_card_until_staff_say_so(never_locks: House) -> None:
    house = never_locks
    door = await house.device()
    answers = []
    for _ in range(60):
        answers.append(await guess(door))
        house.clock.advance(timedelta(hours=13))

    assert answers.count(PinAnswer.WRONG) == 20
    async with house.database.session(Scope.of_consortium("vastmanland")) as session:
        stood = await reset(session, house.keys, place(house), [CardNumber(ASTRID)], None)
    assert stood.failures == 20
    assert stood.lock is not None
    assert stood.lock.until is None
    assert await guess(door, PIN) == "right"


async def test_no_step_of_the_servers_clock_takes_from_a_cards_count_or_unlocks_it(never_locks: House) -> None:
    house, counted = never_locks, 0
    door = await house.device()
    for step in (0, -40, 90, -3, 0, 400, -400, 1, -2000, 2000, 30, -30, 7, -7):
        house.clock.turn(timedelta(days=step))
        told_now = await guess(door)
        failures = (await stands(house)).failures
        assert failures == counted + (told_now is PinAnswer.WRONG)
        counted = failures
    assert counted <= 20
    await guesses(door, 5)
    locked = await stands(house)
    assert locked.lock is not None
    for days in (-1, -30, -365):
        house.clock.turn(timedelta(days=days))
        assert (await stands(house)).lock is not None
        assert await guess(door, PIN) == "withheld"


async def test_a_reset_is_told_to_every_branch(house: House) -> None:
    await know(house)
    door = await house.device()
    await guesses(door, 5)
    async with house.database.session(Scope.of_consortium("vastmanland")) as session:
        await reset(session, house.keys, place(house), [CardNumber(ASTRID)], LIMIT)
    (lock,) = await told(door, "lock")
    assert LockDocument.model_validate(lock) == LockDocument(failures=0, cleared=1)
    assert await guess(door, PIN) == "right"


async def test_tries_at_once_are_all_counted(never_locks: House) -> None:
    door = await never_locks.device()
    assert await guess(door, PIN) == "right"
    answers = await asyncio.gather(*(guess(door) for _ in range(20)))

    # On a busy machine some may come too late to be answered; that lets nobody else try in their place.
    assert answers.count(PinAnswer.WRONG) <= 5
    assert never_locks.register.library.patrons[0].wrong_pins <= 5
    assert set(answers) <= {PinAnswer.WRONG, PinAnswer.WITHHELD, PinAnswer.UNAVAILABLE}


async def test_kiosk_log_ins_are_tries_too(house: House) -> None:
    kiosk, door = await house.device(kind=DeviceKind.KIOSK), await house.device()
    for _ in range(2):
        body = {"session": "s1", "sealed": kiosk.seal("s1", ASTRID, "9038")}
        reply = IlsPatronReply.model_validate_json((await kiosk.ask("POST", "/ils/patron", body)).content)
        assert reply.pin == "wrong"
    assert await guess(door) == "withheld"


async def test_guesses_at_a_door_are_an_alarm_and_the_hundredth_ends_them_until_staff_acknowledge(house: House) -> None:
    door, other = await house.device(), await house.device()
    await push(house, door, *(refused(number, f"{number:032x}") for number in range(1, OFF_FROM)))
    house.clock.advance(timedelta(minutes=15))
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        (found,) = await troubled(session, "skiljebo")
    assert (found.device, found.mode, found.failures) == (door.device, DoorMode.KNOWN_CARDS, OFF_FROM - 1)

    assert await guess(door, "9038", "20000001") == "unknown"
    assert await guess(door, "9038", "20000002") == "withheld"
    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        assert [door.mode for door in await troubled(session, "skiljebo")] == [DoorMode.OFF]
    house.clock.advance(timedelta(days=3))
    assert await guess(door, PIN) == "withheld"
    assert await guess(other, PIN) == "right"
    async with house.database.session(house.branches["skiljebo"].scope) as session:
        assert await acknowledge(session, house.branches["skiljebo"], door.device, "maj")
        assert not await acknowledge(session, house.branches["skiljebo"], door.device, "maj")
    assert await guess(door, PIN) == "right"
    (document,) = await told(door, "acknowledged")
    assert AcknowledgedDocument.model_validate(document).at == house.clock.now()


async def test_what_a_door_decided_alone_is_counted_when_its_journal_comes(never_locks: House) -> None:
    house = never_locks
    named = await know(house)
    door = await house.device()
    await push(house, door, *(refused(number, named) for number in range(1, 5)))

    assert (await stands(house)).failures == 4
    assert await guess(door) == "wrong"
    assert await guess(door, PIN) == "withheld"


async def test_a_try_the_register_left_open_is_settled_by_the_journal_once(never_locks: House) -> None:
    house = never_locks
    named = await know(house)
    door = await house.device()
    house.register.control.fault = Fault.CLOSE
    assert await guess(door, attempt="a1") == "unavailable"
    assert (await stands(house)).failures == 0
    await push(house, door, refused(1, named), refused(1, named))
    await push(house, door, refused(1, named))

    assert (await stands(house)).failures == 1


async def test_five_wrong_ones_that_a_door_decided_alone_lock_the_card_at_the_whole_branch(never_locks: House) -> None:
    house = never_locks
    named = await know(house)
    door, other = await house.device(), await house.device()
    await push(house, door, *(refused(number, named) for number in range(1, 6)))

    (lock,) = await told(other, "lock")
    assert LockDocument.model_validate(lock).locked_until == house.clock.now() + timedelta(minutes=15)
    assert await guess(other, PIN) == "withheld"


async def test_whoever_came_in_without_the_register_had_the_right_pin(never_locks: House) -> None:
    house = never_locks
    named = await know(house)
    door = await house.device()
    await push(house, door, *(refused(number, named) for number in range(1, 5)), granted(5, named))

    assert (await stands(house)).failures == 0


async def test_a_visit_that_is_heard_of_late_gives_no_guesses_back(never_locks: House) -> None:
    house = never_locks
    named, then = await know(house), house.clock.now().isoformat()
    door = await house.device()
    house.register.control.fault = Fault.CLOSE
    assert await guess(door, PIN, attempt="a1") == "unavailable"
    house.register.control.fault = Fault.NONE
    house.clock.advance(timedelta(hours=1))
    await guesses(door, 4)

    await push(house, door, {**granted(1, named), "wall": then})

    assert (await stands(house)).failures == 4


async def test_wrong_pins_of_a_tag_lock_it_at_every_door_of_its_branch(house: House) -> None:
    tag = "5" * 32
    door, other = await house.device(), await house.device()
    for number in range(1, 6):
        row = refused(number, tag)
        await push(house, door, {**row, "detail": {**row["detail"], "checked": "pass"}})  # type: ignore[dict-item]

    (lock,) = await told(other, "lock")
    assert LockDocument.model_validate(lock).locked_until == house.clock.now() + timedelta(minutes=15)


async def test_the_end_of_a_lock_is_told_whichever_of_her_numbers_ended_it(never_locks: House) -> None:
    house = never_locks
    await know(house)
    door = await house.device()
    await guesses(door, 5)
    at, numbers = place(house), [CardNumber("198005082391"), CardNumber(ASTRID)]
    async with house.database.session(at.scope) as session:
        asked = await begin(session, house.keys, at, numbers[0], "by another name", None, agreed=False)
        await settle(session, house.keys, at, asked, numbers, Outcome.RIGHT, reached=True)

    locks = [LockDocument.model_validate(each) for each in await told(door, "lock")]
    assert locks == [LockDocument(failures=0, cleared=1)] * 2


async def test_one_account_has_one_count_whatever_it_is_called_by(never_locks: House) -> None:
    house = never_locks
    door = await house.device()
    house.register.library._by_user_name["astrid"] = house.register.library.patrons[0]
    answers = [await guess(door, "9038", card) for card in ("ASTRID", ASTRID) * 6]

    assert answers.count(PinAnswer.WRONG) == 5
    assert house.register.library.patrons[0].wrong_pins == 5


async def test_no_user_name_of_digits_locks_the_account_from_a_kiosk_or_a_public_page(house: House) -> None:
    # The register takes it for hers and answers by her card: what was sent under it counts there all the same.
    astrid = house.register.library.patrons[0]
    house.register.library._by_user_name["8005082391"] = astrid
    door, kiosk = await house.device(), await house.device(kind=DeviceKind.KIOSK)
    await guesses(door, LIMIT - 1)
    for number in range(LIMIT):
        session = f"session-{number}"
        body = {"session": session, "sealed": kiosk.seal(session, "8005082391", "9038")}
        assert (await kiosk.ask("POST", "/ils/patron", body)).status_code == 200

    assert astrid.wrong_pins == LIMIT - 1


async def test_a_right_pin_leaves_no_trace_of_who_came(house: House) -> None:
    door = await house.device()
    await guess(door)
    assert await guess(door, PIN) == "right"
    assert await stands(house) == Standing(0, 0, None, withheld=False)


@pytest.mark.parametrize("limit", [None, LIMIT])
async def test_nobody_locks_a_card_out_of_its_doors_from_a_public_page(never_locks: House, limit: int | None) -> None:
    house, door = never_locks, await never_locks.device()
    at = place(house)
    for day in range(30):
        for number in range(6):
            async with house.database.session(at.scope) as session:
                asked = await begin(session, house.keys, at, CardNumber(ASTRID), f"{day} {number}", limit, agreed=False)
                if asked.what is Sending.SENT:
                    await settle(session, house.keys, at, asked, [CardNumber(ASTRID)], Outcome.WRONG, reached=True)
        house.clock.advance(timedelta(days=1))

    assert (await stands(house)).lock is None
    assert await guess(door, PIN) == "right"


def test_a_withheld_pin_is_a_try() -> None:
    assert settled(PinAnswer.WITHHELD, None) is Outcome.WRONG


def refused(seq: int, subject: str, kind: str = "access.refused") -> dict[str, object]:
    """A row of a door that decided by what it had learned."""
    told = {"attempt": f"a{seq}", "checked": "cached", **({"reason": "wrong_pin"} if kind == "access.refused" else {})}
    return {"seq": seq, "kind": kind, "subject": subject, "detail": told}


def granted(seq: int, subject: str) -> dict[str, object]:
    return refused(seq, subject, "access.granted")


async def push(house: House, door: SigningDevice, *rows: dict[str, object]) -> None:
    when = {"wall": house.clock.now().isoformat(), "monotonic": 1.0, "boot": "b1", "clock": "signed"}
    response = await door.ask("POST", "/journal", {"epoch": "e1", "rows": [{**when, **row} for row in rows]})
    assert response.status_code == 200, response.text
    assert response.json()["parked"] == []


async def know(house: House) -> str:
    """Keys for every branch; what Skiljebo calls Astrid."""
    called = {}
    for branch in house.branches.values():
        async with house.database.session(branch.scope) as session:
            called[branch.id] = (await ready_branch(session, house.keys, branch)).subject(CardNumber(ASTRID))
    return called["skiljebo"]


async def test_a_right_pin_at_a_quiet_door_takes_few_statements(house: House) -> None:
    # A door waits for each of them, and a server for two hundred doors has many.
    door = await house.device()
    await know(house)
    await guess(door, PIN)
    said: list[str] = []

    def heard(*given: object) -> None:
        said.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        assert await guess(door, PIN) == "right"
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
    about_pins = [statement for statement in said if "pin_" in statement and "pin_key" not in statement]
    assert len(about_pins) <= 6, about_pins
