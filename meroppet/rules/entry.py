"""From card to verdict: one step function whose effects, performed in order, are all a door controller does.

The order inside the effects is the safety case: a journal row stands before the strike, an attempt is counted before
it is checked. The shell performs effects in order, stops at the first that fails, and says so with `Failed`.
"""

from dataclasses import dataclass, field, replace

from meroppet.rules.access import UNAVAILABLE, Answer, Site, before_pin, decide, settled
from meroppet.rules.credentials import CardNumber, Pin, pin_from_digits
from meroppet.rules.events import AccessGranted, AccessRefused, Event
from meroppet.rules.pin import Outcome, PinAnswer
from meroppet.rules.reasons import Reason

SAME_CARD_SECONDS = 1.0
PIN_SECONDS = 30.0
KEY_SECONDS = 10.0
TOLD_AFTER = 1.0
ANSWER_CAP = 2.5
SHOWN_SECONDS = 5.0
DIGITS = frozenset("0123456789")
OK, CANCEL = "ok", "cancel"


# What may happen. `attempt` is a fresh identifier the shell draws for each tap.
@dataclass(frozen=True, slots=True)
class Card:
    """A card was shown; None if what was read can be no card. `subject` is its digest, by which it may be listed.

    The locks are what the attempt counters say.
    """

    number: CardNumber | None
    attempt: str
    card_locked: bool = False
    door_locked: bool = False
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed: a digit, OK, CANCEL, or anything a keypad may send."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer to a Verify or Recall."""

    attempt: str
    answer: Answer
    checked: str = "ils"


@dataclass(frozen=True, slots=True)
class Failed:
    """An effect could not be performed, and those after it were not tried.

    AskPin, StaffCame, Tell and Rest never fail: a dark display must not keep anybody out.
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
class Count:
    """Make the attempt durable before it is checked."""

    attempt: str
    card: CardNumber


@dataclass(frozen=True, slots=True)
class Settle:
    """Say how a counted attempt turned out."""

    attempt: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Verify:
    """Ask the server for the register's answer; feed it back as Verified."""

    attempt: str
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class Recall:
    """Ask the learned verifiers of this device; feed the answer back as Verified(checked="cached")."""

    attempt: str
    card: CardNumber
    pin: Pin


@dataclass(frozen=True, slots=True)
class Record:
    """Write a journal row and wait until it is on disk."""

    event: Event
    card: CardNumber | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Ask lockd to release the strike under a lease named by the attempt."""

    lease: str
    seconds: float
    cause: str


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


Effect = AskPin | Count | Settle | Verify | Recall | Record | Release | StaffCame | Tell | Rest


# Where an entry stands.
@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is at the door."""


@dataclass(frozen=True, slots=True)
class AskingPin:
    """A card was read; keys are awaited."""

    attempt: str
    card: CardNumber
    since: float
    last_key: float
    typed: str = field(default="", repr=False)
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Verifying:
    """The PIN was typed; an answer is awaited until `deadline`."""

    attempt: str
    card: CardNumber
    pin: Pin
    since: float
    deadline: float
    recalling: bool = False
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A refusal is known and recorded; it is told at `at`, so that its time tells nothing."""

    reason: Reason
    at: float


@dataclass(frozen=True, slots=True)
class Showing:
    """An outcome is on the display until `until`."""

    until: float


Entry = Idle | AskingPin | Verifying | Holding | Showing
Step = tuple[Entry, tuple[Effect, ...]]


def due(entry: Entry) -> float | None:
    """The monotonic time at which this entry next wants a Tick, or None."""
    match entry:
        case Idle():
            return None
        case AskingPin(since=since, last_key=last_key):
            return min(since + PIN_SECONDS, last_key + KEY_SECONDS)
        case Verifying(deadline=deadline):
            return deadline
        case Holding(at=at):
            return at
        case Showing(until=until):
            return until


def step(entry: Entry, happening: Happening, site: Site, now: float) -> Step:
    """The next entry and the effects, in the order in which they must be performed. `now` is monotonic seconds."""
    match happening:
        case Card():
            return _card(entry, happening, site, now)
        case Key(value):
            return _key(entry, value, site, now)
        case Verified():
            return _verified(entry, happening, site, now)
        case Failed():
            return _failed(now)
        case Tick():
            return _tick(entry, site, now)


def _show(now: float, *effects: Effect) -> Step:
    return Showing(now + SHOWN_SECONDS), effects


def _refuse(attempt: str, reason: Reason, card: CardNumber | None, now: float) -> Step:
    return _show(now, Record(AccessRefused(attempt, reason), card), Tell(reason))


def _card(entry: Entry, card: Card, site: Site, now: float) -> Step:
    match entry:
        case Verifying() | Holding():
            return entry, (Record(AccessRefused(card.attempt, Reason.BUSY), card.number),)
        case AskingPin(card=asked, since=since) if asked == card.number and now - since < SAME_CARD_SECONDS:
            return entry, (Record(AccessRefused(card.attempt, Reason.REPEATED_TAP), card.number),)
        case AskingPin(attempt=attempt, card=asked):
            begun, effects = _begin(card, site, now)
            return begun, (Record(AccessRefused(attempt, Reason.INTERRUPTED), asked), *effects)
        case Idle() | Showing():
            return _begin(card, site, now)


def _begin(card: Card, site: Site, now: float) -> Step:
    if card.number is None:
        return _refuse(card.attempt, Reason.INVALID_CARD, None, now)
    reason = before_pin(site, frozenset({card.subject})) or _lock(card)
    if reason is not None:
        return _refuse(card.attempt, reason, card.number, now)
    return AskingPin(card.attempt, card.number, now, now, subject=card.subject), (AskPin(0),)


def _lock(card: Card) -> Reason | None:
    if card.door_locked:
        return Reason.DOOR_LOCKED_OUT
    return Reason.PIN_LOCKED if card.card_locked else None


def _key(entry: Entry, value: str, site: Site, now: float) -> Step:
    if not isinstance(entry, AskingPin):
        return entry, ()
    if value == CANCEL:
        return _refuse(entry.attempt, Reason.CANCELLED, entry.card, now)
    if value == OK:
        return _submit(entry, entry.typed, now)
    if value not in DIGITS:
        return _refuse(entry.attempt, Reason.INVALID_PIN, entry.card, now)
    typed = entry.typed + value
    length = site.policy.pin_length if site.policy else 4
    if len(typed) >= length:
        return _submit(entry, typed, now)
    return replace(entry, typed=typed, last_key=now), (AskPin(len(typed)),)


def _submit(entry: AskingPin, typed: str, now: float) -> Step:
    if not typed:
        return _refuse(entry.attempt, Reason.EMPTY_PIN, entry.card, now)
    pin = pin_from_digits(typed)
    if pin is None:
        return _refuse(entry.attempt, Reason.INVALID_PIN, entry.card, now)
    waiting = Verifying(entry.attempt, entry.card, pin, now, now + ANSWER_CAP, subject=entry.subject)
    return waiting, (AskPin(len(typed)), Count(entry.attempt, entry.card), Verify(entry.attempt, entry.card, pin))


def _verified(entry: Entry, verified: Verified, site: Site, now: float) -> Step:
    if not isinstance(entry, Verifying) or verified.attempt != entry.attempt:
        # A late answer belongs to nobody any more.
        return entry, ()
    if now > entry.deadline:
        # Who typed the PIN may have left, and somebody else stand there.
        return _conclude(entry, UNAVAILABLE, verified.checked, site, now)
    if verified.answer.pin is PinAnswer.UNAVAILABLE and not entry.recalling and site.policy and site.policy.offline_pin:
        return replace(entry, recalling=True), (Recall(entry.attempt, entry.card, entry.pin),)
    return _conclude(entry, verified.answer, verified.checked, site, now)


def _conclude(entry: Verifying, answer: Answer, checked: str, site: Site, now: float) -> Step:
    answer = replace(answer, subjects=answer.subjects | {entry.subject})
    verdict = decide(site, answer)
    counted = Settle(entry.attempt, settled(answer.pin, answer.facts, contradiction=answer.contradiction))
    if verdict.granted and site.policy is not None:
        return _show(
            now,
            counted,
            Record(AccessGranted(entry.attempt, checked), entry.card),
            Release(entry.attempt, site.policy.release_seconds, "granted"),
            *_first_person(site, answer),
            Tell(Reason.GRANTED),
        )
    recorded = Record(AccessRefused(entry.attempt, verdict.reason, checked), entry.card)
    soon = entry.since + TOLD_AFTER
    # Two times only: how long a register thought about a card says something about the card.
    return Holding(verdict.reason, soon if now <= soon else entry.deadline), (counted, recorded)


def _first_person(site: Site, answer: Answer) -> tuple[StaffCame, ...]:
    came = site.staff_awaited and not site.staff.isdisjoint(answer.subjects)
    return (StaffCame(),) if came else ()


def _failed(now: float) -> Step:
    # What was dropped may have been the strike or the row that must stand before it: nobody is let in.
    return _show(now, Tell(Reason.OUT_OF_ORDER))


def _tick(entry: Entry, site: Site, now: float) -> Step:
    wanted = due(entry)
    if wanted is None or now < wanted:
        return entry, ()
    match entry:
        case AskingPin():
            return _refuse(entry.attempt, Reason.PIN_TIMEOUT, entry.card, now)
        case Verifying():
            return _conclude(entry, UNAVAILABLE, "ils", site, now)
        case Holding(reason=reason):
            return _show(now, Tell(reason))
        case Idle() | Showing():
            return Idle(), (Rest(),)
