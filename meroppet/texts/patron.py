"""What a patron is told at door and kiosk: a title and a line of advice, never a code and never more than is needed."""

from dataclasses import dataclass
from enum import StrEnum

from meroppet.rules.reasons import LOOKS_THE_SAME, Reason
from meroppet.texts.catalogue import RIGHT_TO_LEFT, sentences


def N_(text: str) -> str:  # noqa: N802 (the name gettext's extractors look for)
    """Marks a sentence for translation."""
    return text


@dataclass(frozen=True, slots=True)
class Said:
    """A title in large type and a line beneath it; the line may be empty."""

    title: str
    line: str


class DoorLine(StrEnum):
    """What a door says when nothing has been decided."""

    IDLE = "idle"
    ASK_PIN = "ask_pin"
    CHECKING = "checking"
    STAFFED = "staffed"
    EVENT = "event"
    INVITED = "invited"
    STARTING = "starting"
    ASK_NUMBER = "ask_number"
    HOLD_TAG = "hold_tag"
    TAG_DONE = "tag_done"
    TAG_REFUSED = "tag_refused"


_LINES: dict[DoorLine, tuple[str, str]] = {
    DoorLine.IDLE: (N_("Welcome"), N_("Hold your library card to the reader.")),
    DoorLine.ASK_PIN: (N_("Enter your PIN"), N_("{dots}")),
    DoorLine.CHECKING: (N_("One moment"), N_("Your card is being checked.")),
    DoorLine.STAFFED: (N_("Welcome in"), N_("The library is open and staff are here.")),
    DoorLine.EVENT: (N_("Welcome in"), N_("There is an event, and everybody is welcome.")),
    DoorLine.INVITED: (N_("Event for invited guests"), N_("Hold your library card to the reader.")),
    DoorLine.STARTING: (N_("One moment"), N_("The door is starting.")),
    DoorLine.ASK_NUMBER: (N_("Enter your number"), N_("{dots}")),
    DoorLine.HOLD_TAG: (N_("New tag"), N_("Hold the new tag to the reader.")),
    DoorLine.TAG_DONE: (N_("The tag is ready"), ""),
    DoorLine.TAG_REFUSED: (N_("That tag cannot be used"), N_("Look at the page where you ordered it.")),
}

_NOT_MATCHING = (N_("Card or PIN is not right"), N_("Try again, or ask the library for help."))
_ASK = N_("Contact the library.")
_OUT_OF_ORDER = (N_("The door is out of order"), _ASK)
_NOT_HERE = (N_("Your card may not open this door"), _ASK)
_CLOSED_NOW = (N_("The library is closed just now"), N_("Opens {opens}."))
_TOO_MANY = (N_("Too many wrong PINs"), N_("Wait a while and try again, or contact the library."))
_WITH_STAFF = N_("You are welcome when staff are here.")
_NOT_READ = N_("The card could not be read")

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.GRANTED: (N_("Welcome in"), N_("The door is open. Make sure it shuts behind you.")),
    Reason.CLOSED: (N_("The library is closed"), N_("Opens {opens}.")),
    Reason.MAINTENANCE: _CLOSED_NOW,
    Reason.EMERGENCY_CLOSED: _CLOSED_NOW,
    Reason.AWAITING_STAFF: (N_("The library has not opened yet"), N_("It opens when the staff have come.")),
    Reason.LAST_ENTRY: (N_("Closing soon: nobody more is let in"), N_("Opens again {opens}.")),
    Reason.EMPTYING: (N_("The library is being emptied"), N_("Opens again {opens}.")),
    Reason.ALARM_ARMED: (N_("The intruder alarm is on"), N_("Nobody is let in while it is.")),
    Reason.FIRE: (N_("Fire alarm"), N_("Nobody is let in. Leave the building.")),
    Reason.CLOCK_UNTRUSTED: _OUT_OF_ORDER,
    Reason.OUT_OF_ORDER: _OUT_OF_ORDER,
    Reason.NO_POLICY: _OUT_OF_ORDER,
    Reason.INVALID_CARD: (_NOT_READ, N_("Hold your library card still against the reader.")),
    Reason.INVALID_PIN: (N_("The PIN is digits only"), N_("Hold your card to the reader and try again.")),
    Reason.EMPTY_PIN: (N_("No PIN was entered"), N_("Hold your card to the reader and try again.")),
    Reason.PIN_TIMEOUT: (N_("Time ran out"), N_("Hold your card to the reader and try again.")),
    Reason.CANCELLED: (N_("Cancelled"), N_("Hold your card to the reader to start again.")),
    Reason.REPEATED_TAP: (N_("Enter your PIN"), ""),
    Reason.INTERRUPTED: (N_("Another card was read"), N_("One card at a time, please.")),
    Reason.BUSY: (N_("One moment"), N_("One card at a time, please.")),
    Reason.PIN_LOCKED: _TOO_MANY,
    # Who is told that the register was spared is told that her number is counted there.
    Reason.PIN_WITHHELD: _TOO_MANY,
    Reason.DOOR_LOCKED_OUT: _TOO_MANY,
    Reason.DOOR_KNOWN_CARDS: _TOO_MANY,
    Reason.ILS_UNAVAILABLE: (N_("Your card cannot be checked right now"), N_("Try again in a few minutes.")),
    Reason.REGISTER_CONTRADICTION: (N_("Your card cannot be checked right now"), _ASK),
    Reason.STALE_DATA: (N_("Your card cannot be checked right now"), N_("Try again in a few minutes.")),
    Reason.FACTS_INCOMPLETE: (N_("Something is missing in your details"), _ASK),
    Reason.INVITED_ONLY: (N_("An event for invited guests is on"), N_("You are welcome again when it is over.")),
    Reason.SUSPENDED: _NOT_HERE,
    Reason.NO_PERMISSION: (N_("You do not have access here yet"), N_("Ask the staff for it during staffed hours.")),
    Reason.PERMISSION_EXPIRED: (N_("Your access has run out"), N_("Ask the staff to renew it.")),
    Reason.CARD_EXPIRED: (N_("Your library card has run out"), N_("Ask the staff to renew it.")),
    Reason.CARD_LOST: _NOT_HERE,
    Reason.ILS_BLOCK: _NOT_HERE,
    Reason.FEES: _NOT_HERE,
    Reason.TERMS_MISSING: (N_("You have not accepted the agreement yet"), N_("Do it with the staff or on our pages.")),
    Reason.TERMS_DECLINED: (N_("You have said no to the agreement"), N_("Talk to the staff if you change your mind.")),
    Reason.TERMS_WITHDRAWN: (N_("You have ended the agreement"), N_("Talk to the staff if you change your mind.")),
    Reason.INTRODUCTION_MISSING: (N_("You need an introduction first"), N_("Ask the staff for one; it is soon done.")),
    Reason.GUEST_NOT_APPROVED: (
        N_("You have not yet said yes to using your card here"),
        N_("Do it with the staff or on our pages."),
    ),
    Reason.GUESTS_REFUSED: (N_("Only the library's own patrons may come in now"), _WITH_STAFF),
    Reason.CATEGORY: _NOT_HERE,
    Reason.UNDERAGE: (N_("You may come in here when you are older"), _WITH_STAFF),
    Reason.GUARDIAN_MISSING: (N_("A guardian must give consent first"), N_("Ask the staff for the form.")),
    Reason.BORROWING_BLOCKED: _NOT_HERE,
    Reason.WEAK_PIN: (N_("Your PIN is too easy to guess"), N_("Choose another one with the staff.")),
    Reason.FULL: (N_("The library is full right now"), N_("Try again when somebody has left.")),
    Reason.PASS_EXPIRED: (N_("This tag or code has run out"), _ASK),
    Reason.PASS_USED: (N_("This code has been used already"), _ASK),
    Reason.PASS_NOT_NOW: (N_("This tag or code does not open now"), _ASK),
} | dict.fromkeys(LOOKS_THE_SAME, _NOT_MATCHING)

_AT_KIOSK: dict[Reason, tuple[str, str]] = {
    Reason.OUT_OF_ORDER: (N_("This machine is out of order"), _ASK),
    Reason.INVALID_CARD: (_NOT_READ, N_("Scan your library card again, or type its number.")),
    Reason.INVALID_PIN: (N_("The PIN is four to six digits"), N_("Scan your card and try again.")),
    Reason.EMPTY_PIN: (N_("No PIN was entered"), N_("Scan your card and try again.")),
    Reason.CARD_LOST: (N_("You cannot borrow with this card right now"), _ASK),
    Reason.BORROWING_BLOCKED: (N_("You cannot borrow with this card right now"), _ASK),
}


def door_text(what: Reason | DoorLine, lang: str, *, opens: str = "", dots: str = "", why: str = "") -> Said:
    """What the door says. `opens` is when it next opens, in words ("kl. 06.00"); empty if that is not known.

    `why` is what the branch tells the public of its hours just now; it stands before the line.
    """
    title, line = _LINES[what] if isinstance(what, DoorLine) else _REASONS.get(what, _NOT_HERE)
    said = _said(title, line, lang, opens=opens, dots=dots)
    return Said(said.title, " ".join(part for part in (sentence(why), said.line) if part))


def sentence(text: str) -> str:
    """What staff wrote for the public, with an end to it, so that another sentence may follow."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def kiosk_text(reason: Reason, lang: str) -> Said:
    """What the kiosk says of an attempt to log in."""
    title, line = _AT_KIOSK.get(reason) or _REASONS.get(reason, _NOT_HERE)
    return _said(title, line, lang)


def help_line(number: str, lang: str) -> str:
    """Whom to call; stands on every refusal."""
    if lang in RIGHT_TO_LEFT:
        # A number is read from the left everywhere; without an isolate (Unicode UAX 9) its groups would change places.
        number = f"\u2066{number}\u2069".replace(" ", "\u00a0")
    return say(N_("Help: {number}"), lang).format(number=number)


def age_line(since: str, lang: str) -> str:
    """How old what a door knows is; `since` in words ("kl. 14.05")."""
    return say(N_("Last updated: {since}."), lang).format(since=since)


def staff_line(when: str, lang: str) -> str:
    """When staff are next here; `when` in words ("tisdag kl. 10.00"), empty while they are."""
    return (
        say(N_("Staff are here again {when}."), lang).format(when=when)
        if when
        else say(N_("Staff are here now."), lang)
    )


def _said(title: str, line: str, lang: str, opens: str = "", dots: str = "") -> Said:
    if "{opens}" in line and not opens:
        # Nobody knows when it opens; half a sentence would be worse than none.
        line = ""
    values = {"opens": opens, "dots": dots}
    return Said(say(title, lang).format(**values), say(line, lang).format(**values))


def say(text: str, lang: str) -> str:
    """A sentence of this package in a language."""
    return sentences(lang).gettext(text) if text else ""
