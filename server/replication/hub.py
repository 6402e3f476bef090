"""Who waits for what in this process: topics are woken after a commit, and carry nothing but that.

A wake-up is a hint. Whoever is woken reads the database, so a lost one costs a poll interval and nothing else.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

CHANNEL = "meroppet"
_AGAIN_SECONDS = 1.0
_AT_ONCE = 8

logger = logging.getLogger(__name__)


class Ear:
    """One listener; what was woken since it last heard is kept, so nothing falls between two waits."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._topics: set[str] = set()

    def wake(self, topic: str) -> None:
        """Called by the hub."""
        self._topics.add(topic)
        self._woken.set()

    async def heard(self, timeout: float) -> frozenset[str]:
        """The topics woken since the last call, waiting up to `timeout` seconds for one; empty if none was."""
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return frozenset()
        heard = frozenset(self._topics)
        self._topics.clear()
        self._woken.clear()
        return heard


class Hub:
    """The wake-ups of one process, and through PostgreSQL those of its fellow processes.

    Topics: a consortium's id (something was published), `device:ID` (orders, revocation, a newer boot), and
    `branch:ID` (something for the staff pages of a branch).
    """

    def __init__(self) -> None:
        self._ears: defaultdict[str, set[Ear]] = defaultdict(set)
        self._woken: Counter[str] = Counter()
        self._all_woken = 0
        self.is_closed = False

    @contextmanager
    def listening(self, *topics: str) -> Iterator[Ear]:
        """An ear for these topics. Open it before reading what is waited for, and nothing is missed."""
        ear = Ear()
        for topic in topics:
            self._ears[topic].add(ear)
        try:
            yield ear
        finally:
            for topic in topics:
                self._ears[topic].discard(ear)
                if not self._ears[topic]:
                    del self._ears[topic]

    def wake(self, topic: str) -> None:
        """Wake whoever listens to this topic; where many do, a few in each turn of the loop."""
        self._woken[topic] += 1
        self._wake_some(topic, tuple(self._ears.get(topic, ())))

    def _wake_some(self, topic: str, ears: tuple[Ear, ...]) -> None:
        for ear in ears[:_AT_ONCE]:
            ear.wake(topic)
        if len(ears) > _AT_ONCE:
            # Two hundred streams told in one turn would be a wait for somebody at a door.
            asyncio.get_running_loop().call_soon(self._wake_some, topic, ears[_AT_ONCE:])

    def woken(self, topic: str) -> int:
        """How often the topic was woken: as long as that stays the same, so does what was read of it."""
        return self._woken[topic] + self._all_woken

    def wake_all(self) -> None:
        """Wake everybody: something may have been missed."""
        self._all_woken += 1
        for topic in tuple(self._ears):
            self.wake(topic)

    def close(self) -> None:
        """The process is stopping: streams end as soon as they are woken."""
        self.is_closed = True
        self.wake_all()

    async def listen(self, url: str) -> None:
        """For ever: pass on what other processes say through PostgreSQL (NOTIFY). `url` as asyncpg wants it."""
        # Imported only where it is asked for: a server on SQLite has no use for it.
        import asyncpg

        while not self.is_closed:
            try:
                await self._listen_once(url)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("wake-ups of other processes are not heard: %s", type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen_once(self, url: str) -> None:
        import asyncpg

        lost = asyncio.Event()
        connection = await asyncpg.connect(url)
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, lambda _connection, _process, _channel, topic: self.wake(topic))
            # Nobody knows what was said before this connection stood.
            self.wake_all()
            await lost.wait()
        finally:
            await connection.close()
