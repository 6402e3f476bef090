"""A sync with everything around it, and a server in a test's hand."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from meroppet.device.channel import Channel
from meroppet.device.errors import Refused
from meroppet.device.events_stream import Heartbeat, Word
from meroppet.device.identity import Identity
from meroppet.device.journal import Journal
from meroppet.device.link import Link
from meroppet.device.replica import Replica
from meroppet.device.sync import Owner, Sync, Wellbeing
from meroppet.device.vouched import VouchedClock
from meroppet.rules.branch import ClockTrust
from meroppet.rules.events import Event
from meroppet.runtime.machine import REAL, Machine, Rhythm
from meroppet.wire.changes import ChangesReply, RightDocument, Tombstone, Upsert, write_snapshot
from meroppet.wire.commands import Action, Order
from meroppet.wire.enrolment import BootReply, key_text
from meroppet.wire.health import HealthReply, HealthRequest
from meroppet.wire.journal import JournalReply, JournalRequest
from meroppet.wire.problems import Problem, ProblemCode
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

    async def health(self, request: HealthRequest, *, within: float = 5.0) -> HealthReply:
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


async def until(true: Callable[[], object], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 (looks at what many tasks change)
            await asyncio.sleep(0.005)
