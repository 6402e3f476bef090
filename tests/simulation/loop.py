"""An asyncio loop on virtual time: nothing waits, nothing is random, and what a dead process had begun never goes on.

The ready queue is first in, first out; when it is empty, time jumps to the next timer. Threads do not exist: what is
handed to an executor is done at once. Sockets exist in memory only (network.py); real ones are refused.
"""

import asyncio
import gc
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

from meroppet.rules.branch import ClockTrust

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = datetime(2026, 3, 20, tzinfo=UTC)
"""Nine days before the clocks of Europe go forward."""
_HANDLES_CANCELLED = 200
TICK = 1e-6
"""Seconds that one turn of the loop takes."""
MOST_STEPS = 200_000
"""So many steps in a minute of virtual time are a loop that somebody forgot to pause."""


class Process:
    """One simulated process: what is spawned in it ends with it, between two steps, as by SIGKILL."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self._context = copy_context()
        self._context.run(_PROCESS.set, self)
        self._ends: list[Callable[[], None]] = []

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin a task of this process; a dead one begins nothing."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    def run(self, work: Callable[[], T]) -> T:
        """Call something as this process."""
        return self._context.copy().run(work)

    def at_end(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the process is killed: what the kernel does for the dead."""
        self._ends.append(callback)

    def kill(self) -> None:
        """End it now. Nothing of it runs again, not even what stands in a `finally`."""
        if not self.alive:
            return
        self.alive = False
        for callback in self._ends:
            callback()
        self._ends.clear()


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)
_NOBODY = Process("nobody")
_NOBODY.alive = False


def current() -> Process | None:
    """The process that runs now; None for the world itself."""
    return _PROCESS.get()


def is_dead(context: Context) -> bool:
    """Whether what runs in a context belongs to a process that was killed."""
    process = context.get(_PROCESS)
    return process is not None and not process.alive


class _Handle(asyncio.Handle):
    def _run(self) -> None:
        if not is_dead(self._context):  # type: ignore[attr-defined]
            super()._run()


class _TimerHandle(asyncio.TimerHandle):
    def _run(self) -> None:
        if not is_dead(self._context):  # type: ignore[attr-defined]
            super()._run()


class _Task(asyncio.Task[Any]):
    """A task whose place in a set does not depend on where in memory it lies."""

    _made = 0

    def __init__(self, *args: Any, **named: Any) -> None:
        _Task._made += 1
        # Before all else: a task is put into a set while it is made.
        self._number = _Task._made
        super().__init__(*args, **named)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class Inline(Executor):
    """Does at once what it is given."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """See `Executor`."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 (an executor hands every failure on)
            done.set_exception(error)
        return done


class SimLoop(asyncio.BaseEventLoop):
    """The loop. `network` makes its connections; None: there are none."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: deque[Any] = deque()
        self._scheduled: list[Any] = []
        self._timer_cancelled_count = 0
        self._now = 0.0
        self.network: Any = None
        self.steps = 0
        self._counted = (0, 0)
        self.world = copy_context()
        """The context of what no process does."""
        self.set_task_factory(lambda loop, work, **named: _Task(work, loop=loop, **named))
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Virtual seconds since START."""
        return self._now

    def wall(self) -> datetime:
        """The true time."""
        return START + timedelta(seconds=self._now)

    def bury(self) -> None:
        """Forget what dead processes had begun; nothing they do in dying is heard."""
        _NOBODY.run(self._buried)

    def end(self) -> None:
        """Nothing happens any more."""
        self._ready.clear()
        self._scheduled.clear()
        self.tidy()

    def tidy(self) -> None:
        """Collect what lies about."""
        _NOBODY.run(gc.collect)

    def _buried(self) -> None:
        self._ready = deque(handle for handle in self._ready if not is_dead(handle._context))
        self._scheduled = [timer for timer in self._scheduled if not is_dead(timer._context)]
        heapq.heapify(self._scheduled)

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """See asyncio."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """See asyncio."""
        timer = _TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """See asyncio."""
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def run_in_executor(self, _executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Done at once: there is one thread."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 (an executor hands every failure on)
            done.set_exception(error)
        return done

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None, **_named: Any) -> Any:  # type: ignore[override]
        """See asyncio; to a listener of the simulated network."""
        return await self.network.connect(factory, f"{host}:{port}")

    async def create_server(self, factory: Any, host: Any = None, port: Any = None, **_named: Any) -> Any:  # type: ignore[override]
        """See asyncio; in the simulated network."""
        return self.network.listen(factory, f"{host}:{port or self.network.free_port()}")

    async def create_unix_connection(self, factory: Any, path: Any = None, **_named: Any) -> Any:  # type: ignore[override]
        """See asyncio; to a listener of the simulated network."""
        return await self.network.connect(factory, str(path))

    async def create_unix_server(self, factory: Any, path: Any = None, **_named: Any) -> Any:  # type: ignore[override]
        """See asyncio; in the simulated network."""
        return self.network.listen(factory, str(path))

    def add_signal_handler(self, *_args: Any) -> None:  # type: ignore[override]
        """Nobody sends signals here; processes are killed."""

    def _run_once(self) -> None:
        ready = self._ready
        # Work takes time, too: what is due in less than a number can say must become due.
        self._now += TICK
        if not ready:
            self._jump()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                self.steps += 1
                handle._run()

    def _jump(self) -> None:
        scheduled, cancelled = self._scheduled, 0
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
            cancelled += 1
        if not scheduled:
            raise RuntimeError("nothing will ever happen again")
        self._now = max(self._now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            self._ready.append(timer)
        if (minute := int(self._now // 60)) != self._counted[0]:
            self._counted = minute, self.steps
        elif self.steps - self._counted[1] > MOST_STEPS:
            raise RuntimeError("something spins: time does not pass any more")
        if self._timer_cancelled_count > max(_HANDLES_CANCELLED, len(scheduled) // 2):
            self._scheduled = [timer for timer in scheduled if not timer._cancelled]
            heapq.heapify(self._scheduled)
            self._timer_cancelled_count = 0

    def _timer_handle_cancelled(self, _handle: Any) -> None:
        self._timer_cancelled_count += 1

    def _write_to_self(self) -> None:
        pass


class SimClock:
    """A machine's clock: true time plus what it is wrong by, and seconds since the machine was started."""

    def __init__(self, loop: SimLoop, trust: ClockTrust) -> None:
        self._loop, self._trust = loop, trust
        self._booted = loop.time()
        self.wrong_by = 0.0
        """Seconds the wall clock is ahead of true time."""

    def now(self) -> datetime:
        """The wall time this machine believes."""
        return START + timedelta(seconds=self._loop.time() + self.wrong_by)

    def monotonic(self) -> float:
        """Seconds since the machine was started."""
        return self._loop.time() - self._booted + 1.0

    def trust(self) -> ClockTrust:
        """What vouches for it."""
        return self._trust

    def reboot(self) -> None:
        """The machine starts anew, and its monotonic time with it."""
        self._booted = self._loop.time()
