"""The invariants I1–I10 as an oracle that sees strike, leaf, disk and register, and keeps its own account of each.

I1 released only under a cause at most a lease old · I2 (and I5) nothing released without a durable row, a press inside
or staffed hours, so by no start, link or clock · I3 let in only at open hours, by a clock that is right, whom the
register's last word allows · I4 a press inside releases, whatever fails · I6 every durable row at the server, as it was
written · I7 no more wrong PINs than the caps allow · I8 nobody after a revocation that was known here · I9 no card or
PIN on the device's disk · I10 nobody who typed no right PIN, or whose PIN the register has not called right lately.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from meroppet.rules.branch import BranchState
from tests.oracles.watchman import Watchman
from tests.simulation.disk import SimConnection
from tests.simulation.ledger import Ledger
from tests.simulation.loop import SimLoop
from tests.simulation.office import SCHEDULE
from tests.simulation.people import Person

LEASE = 10.0
SLACK = 0.5
SOON = 6.0
"""Seconds from a durable row to the strike at most."""
EXIT_WITHIN = 1.2
NEAR = 60.0
TTL = 72 * 3600.0
_NEW_ROWS = "SELECT seq, kind, subject, detail, boot, monotonic FROM row WHERE seq > ? ORDER BY seq"
CAPS = ((5, 900.0), (10, 86_400.0))
LATE = 1
"""A try that was counted while another was being settled."""


Row = tuple[str, float, str, str, str]
"""A row by what it says: boot, monotonic time, kind, subject, detail."""


def plain(detail: str) -> str:
    """A detail in one form, whoever wrote it."""
    return json.dumps(json.loads(detail), sort_keys=True)


@dataclass(slots=True)
class Account:
    """What the oracle knows of one patron."""

    person: Person
    told: list[tuple[int, bool]] = field(default_factory=list)
    """Change numbers, and whether she was permitted from there on."""
    typed_right_at: float = -1e9
    wrong: list[float] = field(default_factory=list)
    """When a wrong PIN of hers was checked, by anybody, since the last right one."""


class Oracle:
    """Judges one door."""

    def __init__(self, loop: SimLoop, ledger: Ledger, people: list[Person]) -> None:
        self._loop, self._ledger = loop, ledger
        self.accounts = {person.card: Account(person) for person in people}
        self.subjects: dict[str, str] = {}
        """Cards by the digest a journal knows them by."""
        self.known_through = 0
        """The highest change number the door has ever known."""
        self.clock_wrong_by = 0.0
        self.rows: defaultdict[Row, Counter[str]] = defaultdict(Counter)
        """Every row that was ever durable on the door since the last audit, and how often in which epoch."""
        self.rights: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        self._released = False
        self._opened: list[float] = []
        self._until = -1e9
        self._causes: list[tuple[float, str]] = []
        self._through: dict[str, int] = defaultdict(int)
        self._watchman = Watchman(SCHEDULE)
        self._days: dict[datetime, list[Any]] = {}

    # --- The strike -----------------------------------------------------------------------------------------------

    def cause(self, what: str) -> None:
        """Something happened that may release the strike."""
        now = self._loop.time()
        self._causes = [each for each in self._causes if now - each[0] < SOON]
        self._causes.append((now, what))
        self._until = max(self._until, now + SOON + LEASE)

    def strike(self, *, released: bool) -> None:
        """The strike's pin has changed."""
        now, self._released = self._loop.time(), released
        if not released:
            return
        mine = [each for each in self._causes if now - each[0] <= SOON]
        if mine:
            self._causes.remove(mine[0])
            self._until = now + LEASE
        elif self._is_free():
            self._until = now + LEASE
        else:
            self._ledger.breaks("I2", "released without a durable row, a press inside or staffed hours")
        self._loop.call_at(self._until + SLACK, self._still, context=self._loop.world)

    def _still(self) -> None:
        now = self._loop.time()
        if not self._released:
            return
        if self._is_free() or self._is_free(LEASE + SLACK):
            self._until = now + LEASE
        renewed = [at for at, _ in self._causes if at + LEASE + SLACK > now]
        if renewed:
            self._until = max(self._until, max(renewed) + LEASE)
        if now >= self._until + SLACK - 1e-6:
            self._ledger.breaks("I1", f"released {now - self._until:.1f} s after its last cause's lease")
            return
        self._loop.call_at(self._until + SLACK, self._still, context=self._loop.world)

    def pressed(self, stands: Any) -> None:
        """Somebody inside pressed the button. `stands` says whether door and lockd are the ones that ran then."""
        self.cause("exit")
        at = self._loop.time()
        still = stands()
        if self._released or still is None:
            return

        def look() -> None:
            if stands() == still and not any(at <= moment for moment in self._opened):
                self._ledger.breaks("I4", "a press inside did not release the strike")

        self._opened = [moment for moment in self._opened if at - moment < EXIT_WITHIN]
        self._loop.call_later(EXIT_WITHIN, look, context=self._loop.world)

    def edge(self, released: bool) -> None:
        """The strike's pin, for those who wait for it."""
        if released:
            self._opened.append(self._loop.time())
        self.strike(released=released)

    # --- Rows -----------------------------------------------------------------------------------------------------

    def committed(self, connection: SimConnection) -> None:
        """A database of the door has committed."""
        if connection.path.name != "journal.db":
            return
        if not connection.look("SELECT 1 FROM sqlite_master WHERE name = 'mark'"):
            return
        for (epoch,) in connection.look("SELECT epoch FROM mark"):
            for seq, kind, subject, detail, boot, monotonic in connection.look(_NEW_ROWS, self._through[epoch]):
                self._through[epoch] = seq
                row = (boot, monotonic, kind, subject, plain(detail))
                # Rows that go on in another epoch are the same rows.
                if all(known == epoch for known in self.rows[row]):
                    self._row(kind, subject, json.loads(detail))
                self.rows[row][epoch] += 1

    def rewound(self, epoch: str, seq: int) -> None:
        """An older copy of the disk was put in: its numbers go on from there."""
        self._through[epoch] = seq

    def _row(self, kind: str, subject: str, detail: dict[str, Any]) -> None:
        said = {name: value for name, value in detail.items() if name not in {"attempt", "lease", "order"}}
        self._ledger.note("row", kind, json.dumps(said, sort_keys=True))
        match kind:
            case "access.granted":
                self.cause("granted")
                self._granted(subject, str(detail.get("checked")))
            case "access.refused" if detail.get("reason") == "wrong_pin":
                self._wrong(subject)
            case "order.answered" if detail.get("done"):
                self.cause("order")
            case _:
                pass

    def _granted(self, subject: str, checked: str) -> None:
        account = self.accounts.get(self.subjects.get(subject, ""))
        if account is None:
            self._ledger.breaks("I3", "somebody nobody knows was let in")
            return
        now, card = self._loop.time(), account.person.card
        if now - account.typed_right_at > 10.0:
            self._ledger.breaks("I10", "let in although the right PIN was not typed")
        if not self._may(account):
            self._ledger.breaks("I8", "let in although the right had been taken away")
        if abs(self.clock_wrong_by) > NEAR + 1:
            self._ledger.breaks("I3", f"let in by a clock that is wrong by {self.clock_wrong_by:.0f} s")
        elif not self._is_open():
            self._ledger.breaks("I3", f"let in at a closed hour ({self._loop.wall():%Y-%m-%d %H:%M} UTC)")
        self._called_right(card, checked)
        account.wrong.clear()

    def _may(self, account: Account) -> bool:
        known = [permitted for number, permitted in account.told if number <= self.known_through]
        later = [permitted for number, permitted in account.told if number > self.known_through]
        return bool(known and known[-1]) or any(later)

    def _called_right(self, card: str, checked: str) -> None:
        said = [each for each in self.rights[card] if self._loop.time() - each[0] <= TTL + SOON]
        if not said:
            self._ledger.breaks(
                "I10", f"let in ({checked}) though the register called no PIN of hers right within the TTL"
            )
        elif not said[-1][1]:
            self._ledger.breaks("I3", f"let in ({checked}) although the register's last word was against it")

    def _wrong(self, subject: str) -> None:
        account = self.accounts.get(self.subjects.get(subject, ""))
        if account is None:
            return
        now = self._loop.time()
        account.wrong.append(now)
        for most, within in CAPS:
            if sum(1 for at in account.wrong if now - at < within) > most + LATE:
                self._ledger.breaks(
                    "I7", f"more than {most} wrong PINs of a card were checked in {within / 60:.0f} min"
                )

    # --- Hours ----------------------------------------------------------------------------------------------------

    def _state(self, moment: datetime) -> BranchState:
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if midnight not in self._days:
            self._days = {midnight: self._watchman.minutes(midnight)}
        return self._days[midnight][moment.hour * 60 + moment.minute][0]  # type: ignore[no-any-return]

    def _around(self, seconds: float) -> set[BranchState]:
        now = self._loop.wall()
        return {self._state(now + timedelta(seconds=away)) for away in (-seconds, 0.0, seconds)}

    def _is_free(self, seconds: float = 0.0) -> bool:
        return BranchState.STAFFED in self._around(
            max(seconds, abs(self.clock_wrong_by) + 1 if abs(self.clock_wrong_by) <= NEAR + 1 else 0.0)
        )

    def _is_open(self) -> bool:
        return bool(self._around(abs(self.clock_wrong_by) + 1) - {BranchState.CLOSED})
