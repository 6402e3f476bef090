"""What a kiosk session is, what may happen to it and what is then to be done; the rules stand in `checkout`."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.events import Event
from meroppet.rules.papers import Paper, PaperAnswer
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason
from meroppet.rules.terms import Act


class Task(StrEnum):
    """What a patron chose to do."""

    BORROW = "borrow"
    RETURN = "return"


class LineState(StrEnum):
    """How far one item has come."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the session. `destination` is where a returned one belongs: shelf, hold_here or transit:BRANCH."""

    barcode: str
    state: LineState = LineState.WAITING
    title: str = ""
    due: date | None = None
    destination: str = ""
    reason: str = ""


class Screen(StrEnum):
    """What the page shows."""

    IDLE = "idle"
    CARD = "card"
    PIN = "pin"
    CHECKING = "checking"
    REFUSED = "refused"
    TERMS = "terms"
    ITEMS = "items"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Session:
    """Everything the kiosk knows of the person before it; gone with the session."""

    screen: Screen = Screen.IDLE
    id: str = ""
    task: Task | None = None
    card: CardNumber | None = None
    pin: Pin | None = None
    typed: str = field(default="", repr=False)
    reason: Reason | None = None
    initial: str = field(default="", repr=False)
    holds_ready: int = 0
    papers: tuple[Paper, ...] = ()
    """What she is still to answer; the first is on the screen."""
    saying_no: bool = False
    """She touched no, and is asked whether she means it."""
    unsaved: bool = False
    """Her answer could not be written down."""
    lines: tuple[Line, ...] = ()
    last_touch: float = 0.0


# What may happen.
@dataclass(frozen=True, slots=True)
class Chosen:
    """A task was touched; `session` is a fresh identifier."""

    task: Task
    session: str


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card was scanned or its number typed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A digit, `ok`, `back`, or anything a keypad may send."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Locked:
    """The attempt counters refuse this card for now."""

    session: str


@dataclass(frozen=True, slots=True)
class Identified:
    """The register's answer to Identify; `today` is the branch's local date, `papers` what she is asked to accept."""

    session: str
    pin: PinAnswer
    facts: PatronFacts | None
    today: date
    initial: str = field(default="", repr=False)
    holds_ready: int = 0
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperTouched:
    """What the patron answered to the paper on the screen, and in which language it stood there."""

    answer: PaperAnswer
    lang: str


@dataclass(frozen=True, slots=True)
class PaperKept:
    """Whether the answer to TellPaper is written down."""

    session: str
    act: Act
    kept: bool


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """An item lies on the pad or was scanned."""

    barcode: str


@dataclass(frozen=True, slots=True)
class ItemAnswered:
    """The register's answer to Borrow or GiveBack, as a line."""

    session: str
    line: Line


@dataclass(frozen=True, slots=True)
class OnLoan:
    """The register's answer to Borrow: on loan already, to whomever; `refusal` is the line that says so."""

    session: str
    refusal: Line
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class RenewalAnswered:
    """The register's answer to Renew, as a line, beside the refusal that led to it."""

    session: str
    line: Line
    refusal: Line


@dataclass(frozen=True, slots=True)
class Touched:
    """The patron asked for more time."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The patron is done."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The patron gave up."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An effect could not be performed (the journal cannot be written); nothing after it was tried."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Happening = (
    Chosen
    | CardShown
    | KeyPressed
    | Locked
    | Identified
    | PaperTouched
    | PaperKept
    | ItemSeen
    | ItemAnswered
    | OnLoan
    | RenewalAnswered
    | Touched
    | Finished
    | Cancelled
    | Failed
    | Tick
)


# What is to be done, in order.
@dataclass(frozen=True, slots=True)
class Identify:
    """Count the attempt, then ask the register; feed back Identified, or Locked if the counters refuse."""

    session: str
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class Settle:
    """Say how the counted attempt turned out."""

    session: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class TellPaper:
    """Have the server write down what she said to a text; feed back PaperKept."""

    session: str
    card: CardNumber
    pin: Pin
    paper: str
    act: Act
    lang: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Borrow:
    """Ask the register to lend the item; feed back OnLoan if it is on loan already, else ItemAnswered."""

    session: str
    barcode: str
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class Renew:
    """Ask the register to renew the loan of the item of `refusal`; feed back RenewalAnswered."""

    session: str
    refusal: Line
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Ask the register to take the item back; feed back ItemAnswered."""

    session: str
    barcode: str


@dataclass(frozen=True, slots=True)
class Record:
    """Write a journal row."""

    event: Event
    card: CardNumber | None = None


Effect = Identify | Settle | TellPaper | Borrow | Renew | GiveBack | Record
