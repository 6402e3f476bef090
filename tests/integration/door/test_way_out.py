"""Leaving: the strike first, whatever else is broken; and what opens the door besides a card."""

import asyncio
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.events import LinkLost
from meroppet.rules.reasons import Reason
from meroppet.wire.commands import Action, Order
from tests.fakes.server_double import ALWAYS, STAFFED
from tests.integration.door.house import ANNA, House, until


async def test_the_way_out_never_waits_for_the_journal(house: House) -> None:
    await house.open()
    hangs = threading.Event()
    blocked = asyncio.create_task(house.door.device.journal._store.call(lambda _: hangs.wait(10)))
    await asyncio.sleep(0.05)

    began = time.monotonic()
    house.board.press_exit()
    await house.sees(lambda state: not state.locked)
    took = time.monotonic() - began
    hangs.set()
    await blocked

    assert took < 1.0
    await until(lambda: "door.exit" in house.server.kinds())


async def test_the_way_out_never_waits_for_a_change_to_be_stored(house: House) -> None:
    await house.open()
    replicas = house.folder / "state" / "replica"
    # The one it began with is put away when the first snapshot has come.
    await until(lambda: len(list(replicas.glob("*.db"))) == 1)
    (file,) = replicas.glob("*.db")
    busy = sqlite3.connect(file)
    busy.execute("BEGIN IMMEDIATE")
    house.server.open_branch(Policy(minimum_age=18), ALWAYS)
    await asyncio.sleep(0.3)

    began = time.monotonic()
    house.board.press_exit()
    await house.sees(lambda state: not state.locked)
    took = time.monotonic() - began
    busy.close()

    assert took < 1.0
    await until(lambda: house.door.device.replica.policy() == Policy(minimum_age=18))


async def test_the_way_out_needs_no_server_no_keys_and_no_policy(house: House) -> None:
    await house.open(server=False)

    house.board.press_exit()
    await house.sees(lambda state: not state.locked)
    assert house.board.push_door()

    await until(lambda: "door.opened" in [kind for kind, _ in house.journal()])
    assert not [kind for kind, _ in house.journal() if kind == "door.forced"]


async def test_the_way_out_stays_open_while_a_pin_is_checked(house: House) -> None:
    await house.open()
    house.server.register = "silent"
    await house.enter(ANNA)
    await until(lambda: house.server.asked)

    house.board.press_exit()

    await house.sees(lambda state: not state.locked, within=0.5)


@contextmanager
def _no_room_beyond(size: int) -> Iterator[None]:
    """No file of this process can grow beyond a size (EFBIG), as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_nothing_opens_that_is_not_on_disk(house: House) -> None:
    await house.open()
    for _ in range(60):
        await house.door.device.journal.write(LinkLost())
    log = house.folder / "state" / "journal.db-wal"
    await house.tap(ANNA.card)
    # An acknowledgement that finds no room would have the journal opened anew, with room at its front again.
    async with asyncio.timeout(5):
        while await house.door.device.journal.unsent_count():  # noqa: ASYNC110 (a disk announces nothing)
            await asyncio.sleep(0.02)

    with _no_room_beyond(log.stat().st_size):
        house.pin(ANNA.pin)
        await house.says(Reason.OUT_OF_ORDER)

    assert house.board.releases == 0
    assert "access.granted" not in [kind for kind, _ in house.journal()]


async def test_a_door_admits_again_once_there_is_room(house: House) -> None:
    await house.open()
    await house.tap(ANNA.card)
    with _no_room_beyond(0):
        house.pin(ANNA.pin)
        await house.says(Reason.OUT_OF_ORDER)

    await house.enter(ANNA)
    await house.says(Reason.GRANTED)


async def test_a_disk_that_does_not_answer_opens_nothing(house: House) -> None:
    await house.open()
    await house.tap(ANNA.card)
    hangs = threading.Event()
    blocked = asyncio.create_task(house.door.device.journal._store.call(lambda _: hangs.wait(10)))

    house.pin(ANNA.pin)
    await house.says(Reason.OUT_OF_ORDER, within=6)
    hangs.set()
    await asyncio.wait([blocked])
    blocked.exception()

    assert house.board.releases == 0


async def test_a_granted_row_is_on_disk_when_the_strike_lets_go(house: House) -> None:
    await house.open()

    await house.enter(ANNA)
    await house.sees(lambda state: not state.locked)

    assert "access.granted" in [kind for kind, _ in house.journal()]


async def test_a_lease_that_is_pulled_locks_the_door(house: House) -> None:
    await house.open()
    await house.enter(ANNA)
    await house.sees(lambda state: not state.locked)

    await house.stop_door()

    await house.sees(lambda state: state.locked, within=0.5)


async def test_without_lockd_a_granted_patron_is_told_so_and_staff_too(house: House) -> None:
    await house.open()
    await house.kill_lockd()

    await house.enter(ANNA)
    await house.says(Reason.OUT_OF_ORDER)
    await until(lambda: "door.release_failed" in house.server.kinds())

    assert house.board.releases == 0


async def test_a_leaf_that_opens_by_itself_is_told(house: House) -> None:
    await house.open()

    house.board.force_door()

    await until(lambda: "door.forced" in house.server.kinds())


async def test_a_leaf_that_stands_open_as_the_door_starts_was_forced_by_nobody(house: House) -> None:
    await house.open()
    await house.stop_door()
    house.board.force_door()

    await house.start_door()
    await until(lambda: house.door.strike.door.opened_at is not None)
    house.board.shut_door()

    await until(lambda: "door.shut" in house.server.kinds())
    assert "door.forced" not in house.server.kinds()


async def test_a_contact_that_comes_back_tells_how_the_leaf_stands_and_alarms_from_then_on(house: House) -> None:
    await house.open()
    house.board.unplug("contact")
    await until(lambda: "reader.lost" in house.server.kinds())
    house.board.force_door()
    house.board.plug("contact")
    await until(lambda: house.door.strike.door.opened_at is not None)
    assert "door.forced" not in [kind for kind, _ in house.journal()]

    house.board.shut_door()
    await until(lambda: "door.shut" in house.server.kinds())
    house.board.force_door()

    await until(lambda: "door.forced" in house.server.kinds())


async def test_a_free_door_stands_open_for_staffed_hours_and_locks_when_the_policy_changes(house: House) -> None:
    await house.open(policy=Policy(minimum_age=16, staffed_door=StaffedDoor.FREE), schedule=STAFFED)

    await house.sees(lambda state: not state.locked)
    await house.walk_in()
    house.server.open_branch(Policy(minimum_age=16), STAFFED)

    await house.sees(lambda state: state.locked, within=7)
    assert "door.forced" not in [kind for kind, _ in house.journal()]


async def test_a_door_made_free_by_staff_opens_at_once(house: House) -> None:
    await house.open(schedule=STAFFED)

    house.server.open_branch(Policy(minimum_age=16, staffed_door=StaffedDoor.FREE), STAFFED)

    await house.sees(lambda state: not state.locked)


def _order(name: str, seconds: float) -> Order:
    return Order(order=name, action=Action.OPEN_ONCE, expires=datetime.now(UTC) + timedelta(seconds=seconds))


async def test_an_order_opens_once_however_often_it_comes(house: House) -> None:
    await house.open()

    house.server.order(_order("o1", 30))
    await until(lambda: "door.released" in house.server.kinds())
    await house.stop_door()
    await house.start_door()
    await until(lambda: house.door.device.link.is_up)
    await asyncio.sleep(0.3)

    kinds = [kind for kind, _ in house.journal()]
    assert kinds.count("order.answered") == 1
    assert kinds.index("order.answered") < kinds.index("door.released")
    assert house.board.releases == 1


async def test_a_late_order_is_refused_and_answered(house: House) -> None:
    await house.open()

    house.server.order(_order("o2", -1))
    await until(lambda: "order.answered" in house.server.kinds())

    assert '"reason":"expired"' in dict(house.journal())["order.answered"]
    assert house.board.releases == 0


async def test_a_reader_that_is_unplugged_is_missed_and_found(house: House) -> None:
    await house.open()

    house.board.unplug("keypad")
    await until(lambda: "reader.lost" in house.server.kinds())
    house.board.plug("keypad")

    await until(lambda: "reader.found" in house.server.kinds())


async def test_every_row_arrives_once_though_answers_are_lost(house: House) -> None:
    await house.open()
    house.server.drop_answers = 2

    house.board.press_exit()
    await until(lambda: "door.released" in house.server.kinds())
    await until(lambda: house.server.drop_answers == 0, within=8)
    await until(lambda: len(house.server.rows) == len(house.journal()))

    assert house.server.received > len(house.server.rows)
