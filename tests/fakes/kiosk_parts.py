"""What stands around a kiosk's session in tests: a journal in a list, a clock that is turned by hand, a register."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from kiosk.ports import Branch, Counted
from meroppet.ils.fake import FakeIls, Item, Library, Patron
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import Event
from meroppet.rules.hours import Hours
from meroppet.rules.intervals import Interval
from meroppet.rules.pin import Outcome
from meroppet.rules.schedule import Schedule

MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
"""A Monday, 09.30 in Sweden."""
TODAY = date(2026, 11, 23)
DAY = (
    Interval(360, 600, BranchState.SELF_SERVICE),
    Interval(600, 1020, BranchState.STAFFED),
    Interval(1020, 1320, BranchState.SELF_SERVICE),
)
SCHEDULE = Schedule("Europe/Stockholm", (DAY,) * 5 + ((Interval(360, 1320, BranchState.SELF_SERVICE),),) * 2)
NORA = Branch(
    name="Nora bibliotek",
    consortium="Bergslagsbibblan",
    help_number="0587-810 00",
    theme="bergslagsbibblan",
    hours=Hours(SCHEDULE),
)


class ManualClock:
    """Time that passes only when told to."""

    def __init__(self, moment: datetime = MORNING) -> None:
        self.moment = moment
        self.elapsed = 1000.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.elapsed

    def trust(self) -> ClockTrust:
        return ClockTrust.NTP

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.elapsed += seconds


@dataclass
class MemoryJournal:
    """Keeps rows; `full` makes it fail as a full disk does."""

    rows: list[tuple[Event, CardNumber | None]] = field(default_factory=list)
    full: bool = False

    async def record(self, event: Event, card: CardNumber | None) -> bool:
        if not self.full:
            self.rows.append((event, card))
        return not self.full

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event, _ in self.rows]


@dataclass
class MemoryAttempts:
    """Counts in order; `answer` is what counting ends in."""

    log: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    answer: Counted = Counted.COUNTED

    async def count(self, attempt: str, card: CardNumber) -> Counted:
        self.log.append("count")
        self.names.append(attempt)
        return self.answer

    async def settle(self, attempt: str, outcome: Outcome) -> None:
        self.log.append(outcome.value)


@dataclass
class FixedSurroundings:
    """A branch that does not change by itself."""

    here: Branch = NORA
    link: bool = True

    def branch(self) -> Branch:
        return self.here

    def linked(self) -> bool:
        return self.link


def library() -> Library:
    """Two patrons and some books of several members."""
    patrons = [
        Patron(card="2900100000017", pin="7305", name="Åsa Demo", birth_date=date(1980, 1, 1)),
        Patron(card="2900100000025", pin="4321", name="Bo Demo", birth_date=date(1990, 1, 1), debarred="x"),
    ]
    items = [
        Item(barcode="3010000000011", title="Sagor från Bergslagen", owner="NORA"),
        Item(barcode="3010000000029", title="Svampar i skog och mark", owner="NORA"),
        Item(
            barcode="3010000000037",
            title="En väldigt lång titel om hur man sköter ett litet bibliotek vid en sjö om vintern, del två",
            owner="KUMLA",
        ),
        Item(barcode="3010000000045", title="Uppslagsverk A–D", owner="NORA", for_loan=False),
        Item(barcode="3010000000052", title="Vintergatan för nybörjare", owner="Lindesberg", borrower="2900100000025"),
        Item(
            barcode="3010000000060",
            title="Bröd på surdeg",
            owner="NORA",
            borrower="2900100000025",
            held_for="2900100000017",
            pickup="NORA",
        ),
    ]
    return Library(patrons, items, lambda: TODAY)


def register(branch: str = "NORA") -> FakeIls:
    """The library as the kiosk's account at Nora sees it."""
    return FakeIls(library(), branch)
