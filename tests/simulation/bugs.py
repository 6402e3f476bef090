"""Bugs on purpose (reliability.md §2.4): each is planted in the product's own code for one run, and must be found.

`NOT_YET` says of those that are not planted here what they need.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from door_controller.entrance import EntryLane
from door_controller.strike import StrikeLane
from meroppet.device import store, vouched
from meroppet.device.attempts import Attempts
from meroppet.device.journal import Journal
from meroppet.rules import entry_answers
from meroppet.rules.access import Verdict
from meroppet.rules.branch import ClockTrust
from meroppet.rules.door_vocabulary import Asked
from meroppet.rules.hours import Hours
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from tests.simulation.world import Lockd

NOT_YET = {
    "ack-before-commit": "a server that is killed between its answer and its commit",
    "upload-not-idempotent": "an oracle that counts rows by what they say, and not by their number",
    "seq-reused-after-restore": "an image of the disk that is put back by the nemesis",
    "counter-by-raw-text": "a reader whose texts differ by more than blanks and capitals, which are no card's number",
    "stale-snapshot": "an old snapshot that is served by the nemesis",
    "revoke-lost-on-reorder": "an old page that is delivered again by the nemesis",
    "partial-sip2-frame": "SIP2 in the simulated network",
    "wrong-patron": "SIP2 in the simulated network",
    "fire-latch": "a fire input in the simulated doorway",
}


@contextmanager
def instead(owner: Any, name: str, what: Any) -> Iterator[None]:
    """Put something in another's place for a while."""
    before = getattr(owner, name)
    setattr(owner, name, what)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _persisting_pin() -> AbstractContextManager[None]:
    """A lockd that starts leaves the line as the one before it left it."""
    return instead(Lockd, "first_drive", lambda _lockd: None)


def _pulse_by_wall_clock() -> AbstractContextManager[None]:
    """lockd counts its leases by the machine's wall clock."""
    return instead(Lockd, "monotonic", lambda lockd: lockd.wall().timestamp())


def _synchronous_normal() -> AbstractContextManager[None]:
    """What was committed is not synced."""
    return instead(store, "_PRAGMAS", tuple(each.replace("FULL", "NORMAL") for each in vars(store)["_PRAGMAS"]))


def _counter_in_memory() -> AbstractContextManager[None]:
    """Wrong PINs are forgotten by a restart."""
    real = Attempts.__init__

    def made(self: Any, *args: Any, **named: Any) -> None:
        real(self, *args, **named)
        self._store.run(lambda connection: connection.execute("DELETE FROM attempt"))

    return instead(Attempts, "__init__", made)


def _counter_reset_by_time_step() -> AbstractContextManager[None]:
    """When the wall clock has jumped, nobody has tried."""
    real = Attempts.gate

    async def gate(self: Any, *args: Any) -> Any:
        away = self._clock.now().timestamp() - self._clock.monotonic()
        before, self.away = getattr(self, "away", away), away
        if abs(away - before) > 60:
            await self._store.call(lambda connection: connection.execute("UPDATE attempt SET cleared = 1").rowcount)
        return await real(self, *args)

    return instead(Attempts, "gate", gate)


def _clock_that_is_always_believed() -> AbstractContextManager[None]:
    """Whatever the wall clock says is believed, and every age reckoned by it."""
    return instead(vouched.VouchedClock, "trust", lambda _clock: ClockTrust.SIGNED)


def _timeout_grants() -> AbstractContextManager[None]:
    """No answer is taken for a good one."""
    real = vars(entry_answers)["decide"]

    def decide(site: Any, answer: Any) -> Any:
        is_silent = answer.pin is PinAnswer.UNAVAILABLE and not answer.contradiction
        return Verdict(granted=True, reason=Reason.GRANTED) if is_silent else real(site, answer)

    return instead(entry_answers, "decide", decide)


def _exception_grants() -> AbstractContextManager[None]:
    """What goes wrong on the way in opens the door."""
    real = EntryLane._fail

    async def fail(self: Any, error: Exception) -> None:
        await self._locks.let_in(Asked(self._ids(), 5.0, "granted", False))
        await real(self, error)

    return instead(EntryLane, "_fail", fail)


def _unlock_in_restart() -> AbstractContextManager[None]:
    """The lock is tried once when the controller starts."""
    real = StrikeLane.run

    async def run(self: Any) -> None:
        await self._lock.release("try", 1.0)
        await real(self)

    return instead(StrikeLane, "run", run)


def _naive_local_time() -> AbstractContextManager[None]:
    """Hours are reckoned with the winter's offset."""
    real = Hours.state_at

    def state_at(self: Any, now: datetime) -> Any:
        offset = now.astimezone(self.zone).utcoffset() or timedelta()
        return real(self, now + timedelta(hours=1) - offset)

    return instead(Hours, "state_at", state_at)


def _purge_removes_unsent() -> AbstractContextManager[None]:
    """Old rows are deleted, sent or not."""

    def purged(_journal: Any, connection: Any, _between: Any) -> int:
        return int(connection.execute("DELETE FROM row WHERE seq < (SELECT max(seq) FROM row) - 20").rowcount)

    return instead(Journal, "_purge", purged)


BUGS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "none": nullcontext,
    "persist-gpio": _persisting_pin,
    "synchronous-normal": _synchronous_normal,
    "counter-in-ram": _counter_in_memory,
    "counter-reset-by-time-step": _counter_reset_by_time_step,
    "ttl-by-wall-clock": _clock_that_is_always_believed,
    "timeout-grants": _timeout_grants,
    "unlock-in-restart": _unlock_in_restart,
    "naive-local-time": _naive_local_time,
    "purge-removes-unsent": _purge_removes_unsent,
    "pulse-by-wall-clock": _pulse_by_wall_clock,
    "exception-grants": _exception_grants,
}
