"""From card to verdict: one step function whose effects, performed in order, are all a door controller does.

The order inside the effects is the safety case: a journal row stands before the strike, an attempt is counted before
it is checked. The shell performs effects in order, stops at the first that fails, and says so with `Failed`. The words
are in `entry_vocabulary`; what follows from an answer about a PIN is in `entry_answers`.
"""

from dataclasses import replace

from meroppet.rules.access import Site, before_pin
from meroppet.rules.branch import knows_the_hour
from meroppet.rules.credentials import PERSONNUMMER_DIGITS, CardNumber, pin_from_digits
from meroppet.rules.entry_answers import (
    ANSWER_CAP,
    SHOWN_SECONDS,
    SPARE_SECONDS,
    TOLD_AFTER,
    ask,
    by_code,
    expired,
    refuse,
    show,
    verified,
)
from meroppet.rules.entry_vocabulary import (
    CANCEL,
    CARD_ALONE,
    LEARNED,
    OK,
    PASS,
    REGISTER,
    AskingPin,
    AskNumber,
    AskPin,
    Card,
    CheckTag,
    Count,
    Effect,
    Entry,
    Failed,
    Happening,
    Holding,
    Identify,
    Idle,
    Key,
    Recall,
    Recheck,
    Record,
    Release,
    Rest,
    Settle,
    Showing,
    StaffCame,
    Step,
    Tag,
    Tell,
    Tick,
    TypingNumber,
    Verified,
    Verify,
    Verifying,
)
from meroppet.rules.events import AccessRefused
from meroppet.rules.reasons import Reason

__all__ = [
    "ANSWER_CAP",
    "CANCEL",
    "CARD_ALONE",
    "LEARNED",
    "OK",
    "PASS",
    "REGISTER",
    "SHOWN_SECONDS",
    "SPARE_SECONDS",
    "TOLD_AFTER",
    "AskNumber",
    "AskPin",
    "AskingPin",
    "Card",
    "CheckTag",
    "Count",
    "Effect",
    "Entry",
    "Failed",
    "Happening",
    "Holding",
    "Identify",
    "Idle",
    "Key",
    "Recall",
    "Recheck",
    "Record",
    "Release",
    "Rest",
    "Settle",
    "Showing",
    "StaffCame",
    "Step",
    "Tag",
    "Tell",
    "Tick",
    "TypingNumber",
    "Verified",
    "Verify",
    "Verifying",
    "due",
    "step",
]

SAME_CARD_SECONDS = 1.0
PIN_SECONDS = 30.0
KEY_SECONDS = 10.0
DIGITS = frozenset("0123456789")
FEWEST_DIGITS = 4


def due(entry: Entry) -> float | None:
    """The monotonic time at which this entry next wants a Tick, or None."""
    match entry:
        case Idle():
            return None
        case AskingPin(since=since, last_key=last_key) | TypingNumber(since=since, last_key=last_key):
            # Half a minute for the whole of it, and for the first key; whoever is at it by then has ten seconds a key.
            return max(since + PIN_SECONDS, last_key + KEY_SECONDS)
        case Verifying(deadline=deadline):
            return deadline
        case Holding(at=at):
            return at
        case _:
            return entry.until


def step(entry: Entry, happening: Happening, site: Site, now: float) -> Step:
    """The next entry and the effects, in the order in which they must be performed. `now` is monotonic seconds."""
    match happening:
        case Card():
            return _card(entry, happening, site, now)
        case Key(value):
            return _key(entry, value, site, now)
        case Verified():
            # A late answer belongs to nobody any more.
            return verified(entry, happening, site, now) if isinstance(entry, Verifying) else (entry, ())
        case Failed():
            # What was dropped may have been the strike or the row that must stand before it: nobody is let in.
            return show(now, Tell(Reason.OUT_OF_ORDER))
        case _:
            return _tick(entry, site, now)


def _card(entry: Entry, card: Card, site: Site, now: float) -> Step:
    match entry:
        case Verifying() | Holding():
            return entry, (Record(AccessRefused(card.attempt, Reason.BUSY), card.number),)
        case AskingPin(card=asked, since=since) if asked == card.number and now - since < SAME_CARD_SECONDS:
            return entry, (Record(AccessRefused(card.attempt, Reason.REPEATED_TAP), card.number),)
        case AskingPin(attempt=attempt, card=asked):
            begun, effects = _begin(card, site, now)
            return begun, (Record(AccessRefused(attempt, Reason.INTERRUPTED), asked), *effects)
        case _:
            return _begin(card, site, now)


def _begin(card: Card, site: Site, now: float) -> Step:
    if card.number is None:
        return refuse(card.attempt, Reason.INVALID_CARD, None, now)
    held = None if card.tag is None else card.tag.pass_
    is_code = _is_code(card, card.number) if held is None else held.verifier is None
    # Whether a code is right must not show in what a closed door says of a wrong one.
    reason = _out_of_order(site) if is_code else before_pin(site, frozenset({card.subject}), held)
    reason = reason or card.gate
    if reason is not None:
        return refuse(card.attempt, reason, card.number, now)
    if is_code:
        return by_code(card, card.number, site, now)
    return AskingPin(card.attempt, card.number, now, now, subject=card.subject, tag=card.tag), (AskPin(0),)


def _is_code(card: Card, number: CardNumber) -> bool:
    return card.typed and len(number.value) != PERSONNUMMER_DIGITS


def _out_of_order(site: Site) -> Reason | None:
    if site.policy is None:
        return Reason.NO_POLICY
    if not knows_the_hour(site.clock):
        return Reason.CLOCK_UNTRUSTED
    return Reason.ALARM_ARMED if site.armed else None


def _key(entry: Entry, value: str, site: Site, now: float) -> Step:
    match entry:
        case AskingPin():
            return _pin_key(entry, value, site, now)
        case TypingNumber():
            return _number_key(entry, value, now)
        case Idle() if value in DIGITS and _takes_numbers(site):
            return TypingNumber(now, now, value), (AskNumber(1),)
        case _:
            return entry, ()


def _takes_numbers(site: Site) -> bool:
    return _out_of_order(site) is None and site.policy is not None and site.policy.number_entry


def _number_key(entry: TypingNumber, value: str, now: float) -> Step:
    if value in DIGITS:
        typed = entry.typed + value
        # A personnummer needs no OK; whatever is shorter is a code, and ends with it.
        if len(typed) < PERSONNUMMER_DIGITS:
            return replace(entry, typed=typed, last_key=now), (AskNumber(len(typed)),)
        return Idle(), (AskNumber(len(typed)), Identify(CardNumber(typed)))
    if value == OK and len(entry.typed) >= FEWEST_DIGITS:
        return Idle(), (AskNumber(len(entry.typed)), Identify(CardNumber(entry.typed)))
    # Nobody has said who it is, so there is nothing to refuse and nothing to record.
    return Idle(), (Rest(),)


def _pin_key(entry: AskingPin, value: str, site: Site, now: float) -> Step:
    if value == CANCEL:
        return refuse(entry.attempt, Reason.CANCELLED, entry.card, now)
    if value == OK:
        return _submit(entry, entry.typed, site, now)
    if value not in DIGITS:
        return refuse(entry.attempt, Reason.INVALID_PIN, entry.card, now)
    typed = entry.typed + value
    length = site.policy.pin_length if site.policy else 4
    if len(typed) >= length:
        return _submit(entry, typed, site, now)
    return replace(entry, typed=typed, last_key=now), (AskPin(len(typed)),)


def _submit(entry: AskingPin, typed: str, site: Site, now: float) -> Step:
    if not typed:
        return refuse(entry.attempt, Reason.EMPTY_PIN, entry.card, now)
    pin = pin_from_digits(typed)
    if pin is None:
        return refuse(entry.attempt, Reason.INVALID_PIN, entry.card, now)
    cap = now + ANSWER_CAP
    waiting = Verifying(entry.attempt, entry.card, pin, now, cap, subject=entry.subject, tag=entry.tag)
    return ask(waiting, site, len(typed))


def _tick(entry: Entry, site: Site, now: float) -> Step:
    wanted = due(entry)
    if wanted is None or now < wanted:
        return entry, ()
    match entry:
        case AskingPin():
            return refuse(entry.attempt, Reason.PIN_TIMEOUT, entry.card, now)
        case Verifying():
            return expired(entry, site, now)
        case Holding(reason=reason):
            return show(now, Tell(reason))
        case _:
            return Idle(), (Rest(),)
