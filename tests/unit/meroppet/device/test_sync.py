"""The sync, every way it can go: against a server in the test's hand, with the real journal and replica."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from meroppet.device import sync as under_test
from meroppet.device.channel import Channel
from meroppet.device.errors import ChannelDown, HeadRefused, NotUnderstood, Refused, StoreFailed
from meroppet.device.events_stream import Heartbeat, Word
from meroppet.device.identity import Identity
from meroppet.device.journal import Journal, Standing
from meroppet.device.keys import Keys
from meroppet.device.link import Link
from meroppet.device.replica import Replica
from meroppet.device.sync import Owner, Sync, Wellbeing
from meroppet.device.vouched import VouchedClock
from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import DoorShut, Event
from meroppet.runtime.machine import REAL, Machine, Rhythm
from meroppet.wire.changes import ChangesReply, RightDocument, Tombstone, Upsert, write_snapshot
from meroppet.wire.commands import Action, Order, StrangeOrder, WakeUp
from meroppet.wire.enrolment import BootReply, DeviceKind, key_text
from meroppet.wire.health import HealthReply, HealthRequest
from meroppet.wire.journal import JournalReply, JournalRequest
from meroppet.wire.problems import Problem, ProblemCode
from server.certificates import new_authority
from tests.fakes.clocks import START, ManualClock

ANNA = "ab" * 16
GIVEN = RightDocument(permitted=True)
RHYTHM = Rhythm(push_at_least=0.05, purge_every=0.05)
ORDER = Order(order="o1", action=Action.OPEN_ONCE, expires=START)


def refusal(code: ProblemCode) -> Refused:
    return Refused(Problem(code=code, title="no", status=401))


def page(number: int, *, more: bool = False, gone: tuple[Tombstone, ...] = ()) -> ChangesReply:
    right = Upsert(kind="right", key=ANNA, value=GIVEN.model_dump(mode="json"))
    return ChangesReply(upserts=() if gone else (right,), tombstones=gone, next=number, more=more)


class Server(Channel):
    """What a test has the server say; by default it is well and has nothing new."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(identity)
        self.clock: ManualClock
        self.boots = 0
        self.health_said: list[HealthRequest] = []
        self.pushed: list[JournalRequest] = []
        self.snapshots = 0
        self.change = 0
        self.pages: list[ChangesReply] = []
        self.words: asyncio.Queue[Word | Exception] = asyncio.Queue()
        self.wrong: dict[str, list[Exception]] = {}
        self.holds = asyncio.Event()
        self.holds.set()
        self.short = 0

    async def _turn(self, what: str) -> None:
        await self.holds.wait()
        if self.wrong.get(what):
            raise self.wrong[what].pop(0)

    async def boot(self, version: str) -> BootReply:
        await self._turn("boot")
        self.boots += 1
        raw = key_text(b"k" * 32)
        return BootReply(
            digest_key=raw, pin_key=raw, seal_key=raw, now=self._now(), heartbeat_seconds=1, poll_seconds=1
        )

    async def journal(self, request: JournalRequest) -> JournalReply:
        await self._turn("journal")
        self.pushed.append(request)
        through, self.short = request.rows[-1].seq - self.short, 0
        return JournalReply(acked_through=through)

    async def changes(self, after: int) -> ChangesReply:
        await self._turn("changes")
        if self.pages:
            return self.pages.pop(0)
        return ChangesReply(upserts=(), tombstones=(), next=max(after, self.change))

    async def health(self, request: HealthRequest) -> HealthReply:
        await self._turn("health")
        self.health_said.append(request)
        return HealthReply(now=self._now(), change=self.change)

    async def snapshot(self, to: Path) -> None:
        await self._turn("snapshot")
        self.snapshots += 1
        await asyncio.to_thread(to.write_bytes, write_snapshot(self.change, [], []))

    async def stream(self, last: int) -> AsyncGenerator[Word, None]:
        await self._turn("stream")
        yield Heartbeat()
        while True:
            word = await self.words.get()
            if isinstance(word, Exception):
                raise word
            yield word

    def _now(self) -> str:
        return self.clock.now().isoformat()


class Device:
    """A sync with everything around it."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.machine_clock = server.clock = ManualClock(trust=ClockTrust.NONE)
        self.clock = VouchedClock(self.machine_clock)
        self.journal = Journal(folder / "journal.db", self.clock, "run")
        self.replica = Replica(folder / "replica")
        self.told: list[Event] = []
        self.link = Link(self.clock, self.told.append)
        self.orders: list[Order] = []
        self.being = Wellbeing(locked=True, door="shut", readers_lost=("keypad",), inside=3)
        self.server = server
        machine = Machine(REAL.connect, REAL.executor, REAL.ids, Random(1), RHYTHM, REAL.monotonic)
        owner = Owner("1", self.orders.append, self._report)
        self.sync = Sync(server, self.journal, self.replica, self.clock, self.link, owner=owner, machine=machine)
        self.running: asyncio.Task[None] | None = None

    async def _report(self) -> Wellbeing:
        return self.being

    def start(self) -> None:
        self.running = asyncio.create_task(self.sync.run())

    def pushed_kinds(self) -> list[str]:
        return [row.kind for request in self.server.pushed for row in request.rows]

    async def known(self) -> None:
        """Booted, and everything the server had is known."""
        self.start()
        await until(lambda: self.sync.keys is not None and self.sync.heard_at is not None)

    async def close(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running
        await self.server.close()
        self.journal.close()
        self.replica.close()


@pytest.fixture(scope="module")
def identity() -> Identity:
    seal = key_text(X25519PrivateKey.generate().public_key().public_bytes_raw())
    authority = new_authority(datetime.now(UTC)).pem.decode()
    return Identity(
        "d1", DeviceKind.DOOR, "Dörr", "b1", "https://localhost", seal, authority, Ed25519PrivateKey.generate()
    )


@pytest.fixture
async def device(identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Device]:
    monkeypatch.setattr(under_test, "TELL_AT_MOST_EVERY", 0.01)
    monkeypatch.setattr("meroppet.device.trying.FIRST_PAUSE", 0.01)
    made = Device(tmp_path, Server(identity))
    yield made
    await made.close()


async def until(true: Callable[[], object], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 (looks at what many tasks change)
            await asyncio.sleep(0.005)


async def test_a_start_brings_keys_a_snapshot_and_the_hour(device: Device) -> None:
    keys: list[Keys] = []

    async def take(found: Keys) -> None:
        keys.append(found)

    device.sync.on_keys(take)
    device.server.change = 7
    await device.known()

    assert keys == [device.sync.keys]
    assert (device.replica.cursor(), device.server.snapshots) == (7, 1)
    assert device.clock.trust() is ClockTrust.SIGNED
    assert device.link.is_up
    assert not device.sync.is_behind


async def test_health_says_how_the_device_is(device: Device) -> None:
    await device.known()
    await until(lambda: device.server.health_said)

    said = device.server.health_said[0]

    assert (said.locked, said.door, said.readers_lost, said.inside) == (True, "shut", ("keypad",), 3)
    assert (said.clock, said.version, said.hours_until) == ("signed", "1", "")
    assert said.clock_ahead == 0.0


async def test_rows_go_up_as_they_are_written(device: Device) -> None:
    await device.known()

    await device.journal.write(DoorShut())
    await until(lambda: device.server.pushed)

    assert [row.kind for request in device.server.pushed for row in request.rows] == ["door.shut"]


async def test_a_server_that_misses_older_rows_gets_them_after_a_pause(device: Device) -> None:
    await device.known()
    device.server.short = 1

    await device.journal.write(DoorShut())
    await until(lambda: len(device.server.pushed) > 1)

    assert [request.rows[0].seq for request in device.server.pushed[:2]] == [1, 1]


async def test_pages_are_fetched_until_there_are_no_more(device: Device) -> None:
    device.server.change = 1
    await device.known()
    device.server.pages = [page(2, more=True), page(3)]

    device.server.words.put_nowait(WakeUp(change=3))
    await until(lambda: device.replica.cursor() == 3)

    assert device.replica.right(ANNA) is not None


async def test_an_old_wake_up_wakes_nobody(device: Device) -> None:
    device.server.change = 5
    await device.known()
    asked: list[int] = []
    device.sync.pull_now = lambda: asked.append(1)  # type: ignore[method-assign]

    device.server.words.put_nowait(WakeUp(change=5))
    device.server.words.put_nowait(ORDER)
    await until(lambda: device.orders)

    assert asked == []


async def test_health_tells_that_there_is_something_newer(device: Device) -> None:
    device.server.change = 1
    await device.known()
    device.server.change = 2
    device.server.pages = [page(2)]

    device.sync.tell_now()

    await until(lambda: device.replica.cursor() == 2)


async def test_orders_are_handed_on_and_those_nobody_understands_are_answered_once(device: Device) -> None:
    await device.known()
    strange = StrangeOrder(order="o2", action="burn_down")
    for word in (ORDER, strange, strange, Heartbeat()):
        device.server.words.put_nowait(word)

    await until(lambda: device.orders and device.server.pushed)
    await until(device.server.words.empty)

    rows = [row for request in device.server.pushed for row in request.rows]
    assert device.orders == [ORDER]
    assert [row.detail for row in rows] == [
        {"order": "o2", "action": "burn_down", "done": False, "reason": "not_understood"}
    ]


async def test_a_server_that_wants_a_new_start_is_asked_for_a_snapshot(device: Device) -> None:
    device.server.change = 9
    await device.known()
    device.server.change, device.server.wrong["changes"] = 4, [refusal(ProblemCode.START_OVER)]

    device.sync.pull_now()

    # Only a server that says so may go back behind what is known.
    await until(lambda: device.replica.cursor() == 4)


async def test_what_is_not_understood_lets_nobody_in_until_it_is(device: Device) -> None:
    device.server.change = 9
    await device.known()
    device.server.wrong["changes"] = [NotUnderstood("changes: strange"), NotUnderstood("changes: strange")]
    device.server.wrong["snapshot"] = [NotUnderstood("snapshot: strange")]

    device.sync.pull_now()
    await until(lambda: device.sync.is_outdated)

    await until(lambda: not device.sync.is_outdated)
    assert device.server.snapshots == 2


async def test_a_snapshot_older_than_what_is_known_is_not_taken_for_something_strange(device: Device) -> None:
    device.server.change = 9
    await device.known()
    device.server.change, device.server.wrong["changes"] = 8, [NotUnderstood("changes: strange")]

    device.sync.pull_now()
    await until(lambda: device.server.snapshots == 2)
    await until(lambda: not device.sync.is_behind)

    assert device.replica.cursor() == 9


async def test_any_other_no_to_a_question_for_changes_is_tried_again(device: Device) -> None:
    await device.known()
    device.server.change, device.server.pages = 2, [page(2)]
    device.server.wrong["changes"] = [refusal(ProblemCode.UNAVAILABLE)]

    device.sync.pull_now()

    await until(lambda: device.replica.cursor() == 2 and not device.server.wrong["changes"])


@pytest.mark.parametrize("code", [ProblemCode.UNKNOWN_BOOT, ProblemCode.REPLAYED, ProblemCode.BAD_SIGNATURE])
async def test_a_device_that_is_asked_to_boots_anew_and_keeps_its_keys(device: Device, code: ProblemCode) -> None:
    await device.known()
    device.server.wrong["health"] = [refusal(code)]

    device.sync.tell_now()

    await until(lambda: device.server.boots == 2)
    assert device.sync.keys is not None


async def test_a_device_that_is_shut_out_forgets_its_keys(device: Device) -> None:
    await device.known()
    device.server.wrong["health"] = [refusal(ProblemCode.REVOKED)]
    device.server.wrong["boot"] = [refusal(ProblemCode.REVOKED)] * 1000

    device.sync.tell_now()

    await until(lambda: device.sync.keys is None)


async def test_an_error_nobody_foresaw_ends_one_turn(device: Device) -> None:
    await device.known()
    device.server.wrong["health"] = [RuntimeError("nobody foresaw it"), StoreFailed("a disk")]
    before = len(device.server.health_said)

    device.sync.tell_now()

    await until(lambda: len(device.server.health_said) > before)


async def test_the_first_answer_after_a_silence_asks_for_changes_before_the_link_is_steady(device: Device) -> None:
    device.server.change = 1
    await device.known()
    device.server.wrong = {
        "health": [ChannelDown("health: cut", silent=5.0)],
        "changes": [ChannelDown("changes: cut", silent=5.0)] * 3,
    }
    device.machine_clock.advance(timedelta(seconds=60))
    device.server.words.put_nowait(ChannelDown("stream: silent", silent=9.0))
    await until(lambda: not device.link.is_up)
    device.server.change, device.server.pages = 2, [page(2)]

    await until(lambda: device.replica.cursor() == 2)

    assert not device.link.is_up
    assert [event.kind for event in device.told] == ["link.lost"]


async def test_what_is_known_after_a_question_is_waited_for_and_no_longer(device: Device) -> None:
    device.server.change = 1
    await device.known()
    assert await device.sync.wait_for_change(1, 0.0)
    assert not await device.sync.wait_for_change(2, 0.05)

    device.server.change, device.server.pages = 3, [page(3)]

    assert await device.sync.wait_for_change(3, 10.0)
    assert not await device.sync.wait_for_change(4, -1.0)


async def test_who_is_behind_waits_until_all_is_known_or_the_time_is_over(device: Device) -> None:
    device.server.change = 1
    await device.known()
    await until(lambda: not device.sync.is_behind)
    assert await device.sync.catch_up(0.0)
    device.server.holds.clear()
    device.sync.pull_now()
    assert not await device.sync.catch_up(0.05)

    waiting = asyncio.create_task(device.sync.catch_up(10.0))
    device.server.holds.set()

    assert await waiting


async def test_what_can_wait_gives_way_to_whoever_is_identified_for_a_while(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "HELD_BACK", 0.5)
    await device.known()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    holding = asyncio.create_task(hold(device))
    await device.journal.write(DoorShut())

    await until(lambda: device.server.pushed)
    holding.cancel()

    # Though somebody goes on typing.
    assert loop.time() - begun >= 0.45


async def hold(device: Device) -> None:
    while True:
        device.sync.hold_back()
        await asyncio.sleep(0.05)


async def test_nobody_at_the_door_any_more_lets_the_rest_go_on(device: Device) -> None:
    device.sync.hold_back()

    device.sync.let_go()
    await asyncio.wait_for(device.sync._give_way(), 1.0)


async def test_that_the_clock_is_believed_no_longer_is_told_and_asked_about(device: Device) -> None:
    await device.known()
    await until(lambda: device.server.health_said)

    device.server.clock = ManualClock()
    device.machine_clock.turn(timedelta(hours=2))
    assert device.clock.trust() is ClockTrust.NONE

    await until(lambda: "clock.changed" in device.pushed_kinds())
    await until(lambda: device.server.health_said[-1].clock == "none")
    await until(lambda: device.server.health_said[-1].clock_ahead == 7200.0)


async def test_a_journal_that_cannot_be_written_is_told_whatever_else_would_be_written(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await device.known()

    async def broken(_event: Event) -> int:
        raise StoreFailed("the disk does not answer")

    async def standing() -> Standing:
        return Standing("e1", 7, 3, 60.0, "broken")

    monkeypatch.setattr(device.journal, "write", broken)
    monkeypatch.setattr(device.journal, "standing", standing)
    device.server.clock = ManualClock()
    device.machine_clock.turn(timedelta(hours=2))
    assert device.clock.trust() is ClockTrust.NONE

    await until(lambda: device.server.health_said[-1:] and device.server.health_said[-1].storage == "broken")
    said = device.server.health_said[-1]
    assert (said.epoch, said.last, said.unsent, said.queue, said.clock) == ("e1", 7, 3, 60.0, "none")


async def test_a_head_that_the_server_did_not_sign_asks_for_its_keys_anew(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await device.known()
    acked, refused = device.journal.acked, [HeadRefused("not signed"), HeadRefused("not signed")]

    async def once_refused(sent: JournalRequest, reply: JournalReply) -> None:
        if refused:
            raise refused.pop()
        await acked(sent, reply)

    monkeypatch.setattr(device.journal, "acked", once_refused)
    await device.journal.write(DoorShut())

    await until(lambda: device.server.boots == 3)
    assert device.sync.keys is not None


async def test_rows_that_may_go_are_purged_piece_by_piece(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [1000, 500, 0, 0]

    async def purge() -> int:
        return pieces.pop(0) if pieces else 0

    monkeypatch.setattr(device.journal, "purge", purge)
    await device.known()

    await until(lambda: not pieces)
