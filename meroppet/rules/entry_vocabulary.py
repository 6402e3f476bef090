"""The words of an entry: what may happen at it, what is to be done about it, and where it stands. Values only."""

from dataclasses import dataclass, field
from datetime import datetime

from meroppet.rules.access import Answer
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.events import Event
from meroppet.rules.passes import Pass
from meroppet.rules.pin import Outcome
from meroppet.rules.reasons import Reason

OK, CANCEL = "ok", "cancel"

# Who answered for a PIN; stands in the journal beside each verdict.
REGISTER = "ils"
LEARNED = "cached"
PASS = "pass"  # noqa: S105 (the word in the journal, and nobody's password)
CARD_ALONE = "card"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag or code that was handed out, as of when the server was last heard; `used`: it has opened this door."""

    pass_: Pass
    as_of: datetime | None = None
    used: bool = False


# What may happen. `attempt` is a fresh identifier the shell draws for each tap.
@dataclass(frozen=True, slots=True)
class Card:
    """A card was shown; None if what was read can be no card. `subject` is its digest, by which it may be listed.

    `gate` is what the attempt counters have against asking it for a PIN. `typed`: it is a number from the keypad.
    """

    number: CardNumber | None
    attempt: str
    gate: Reason | None = None
    subject: str = ""
    tag: Tag | None = None
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed: a digit, OK, CANCEL, or anything a keypad may send."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer to a Verify (REGISTER), a Recall (LEARNED) or a CheckTag (PASS).

    `doubted`: the register has said since that it does not know the card, or news of the server are on their way. What
    was learned then stands in for a silent register and never comes before one that answers.
    """

    attempt: str
    answer: Answer
    checked: str = REGISTER
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """An effect could not be performed, and those after it were not tried.

    AskPin, AskNumber, Recheck, StaffCame, Tell and Rest never fail: a dark display must not keep anybody out. Nor does
    Settle: an attempt that is not settled counts as a wrong one.
    """


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Happening = Card | Key | Verified | Failed | Tick


# What is to be done about it, in order.
@dataclass(frozen=True, slots=True)
class AskPin:
    """Ask for the PIN; `digits` have been typed so far (never which)."""

    digits: int


@dataclass(frozen=True, slots=True)
class AskNumber:
    """Show that a number is being typed; `digits` so far (never which)."""

    digits: int


@dataclass(frozen=True, slots=True)
class Identify:
    """A whole number was typed: feed it back as a Card that was."""

    number: CardNumber


@dataclass(frozen=True, slots=True)
class Count:
    """Make the attempt durable before it is checked; `subject` is the digest where it is not that of a card."""

    attempt: str
    card: CardNumber
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """Say how a counted attempt turned out."""

    attempt: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Verify:
    """Ask the server for the register's answer by `by` (monotonic seconds); feed it back as Verified.

    `agreed`: what this device has learned agrees with the PIN, so that it cannot be the wrong one that locks a card.
    """

    attempt: str
    card: CardNumber
    pin: Pin
    by: float = 0.0
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """Ask the learned verifiers of this device; feed the answer back as Verified(checked=LEARNED)."""

    attempt: str
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class CheckTag:
    """Ask a tag's own verifier; feed the answer back as Verified(checked=PASS)."""

    attempt: str
    card: CardNumber
    pin: Pin
    pass_: Pass


@dataclass(frozen=True, slots=True)
class Recheck:
    """Somebody was let in by a learned PIN: ask the register afterwards, and unlearn the PIN if it says otherwise."""

    attempt: str
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class Record:
    """Write a journal row and wait until it is on disk; `subject` is the digest where it is not that of a card."""

    event: Event
    card: CardNumber | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """Ask lockd to release the strike under a lease named by the attempt; `extended`: for one who needs longer."""

    lease: str
    seconds: float
    cause: str
    extended: bool = False


@dataclass(frozen=True, slots=True)
class StaffCame:
    """Remember that somebody of the staff has come in: staffed hours have begun."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this by light, sound and words."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Rest:
    """Go back to the idle display."""


Effect = (
    AskPin
    | AskNumber
    | Identify
    | Count
    | Settle
    | Verify
    | Recall
    | CheckTag
    | Recheck
    | Record
    | Release
    | StaffCame
    | Tell
    | Rest
)


# Where an entry stands.
@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is at the door."""


@dataclass(frozen=True, slots=True)
class TypingNumber:
    """A number is being typed in place of a card."""

    since: float
    last_key: float
    typed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskingPin:
    """A card was read; keys are awaited."""

    attempt: str
    card: CardNumber
    since: float
    last_key: float
    typed: str = field(default="", repr=False)
    subject: str = ""
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class Verifying:
    """The PIN was typed; until `deadline` the answer of `awaits` (REGISTER, LEARNED or PASS) is awaited.

    `recalled` is what this device had learned, once it has been asked.
    """

    attempt: str
    card: CardNumber
    pin: Pin
    since: float
    deadline: float
    awaits: str = REGISTER
    subject: str = ""
    tag: Tag | None = None
    recalled: Answer | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A refusal is known and recorded; it is told at `at`, so that its time tells nothing."""

    reason: Reason
    at: float


@dataclass(frozen=True, slots=True)
class Showing:
    """An outcome is on the display until `until`."""

    until: float


Entry = Idle | TypingNumber | AskingPin | Verifying | Holding | Showing
Step = tuple[Entry, tuple[Effect, ...]]
