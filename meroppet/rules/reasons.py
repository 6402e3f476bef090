"""Every way an attempt can end. The strings are stored and sent: add, never rename."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an attempt ended as it did; patrons read a sentence from `meroppet.texts`, staff read the code."""

    GRANTED = "granted"

    # What anyone standing at the door may be told.
    CLOSED = "closed"
    MAINTENANCE = "maintenance"
    EMERGENCY_CLOSED = "emergency_closed"
    AWAITING_STAFF = "awaiting_staff"
    LAST_ENTRY = "last_entry"
    EMPTYING = "emptying"
    ALARM_ARMED = "alarm_armed"
    FIRE = "fire"
    CLOCK_UNTRUSTED = "clock_untrusted"
    OUT_OF_ORDER = "out_of_order"
    NO_POLICY = "no_policy"

    # What went wrong with the card or the keys, before anything about a person is known.
    INVALID_CARD = "invalid_card"
    INVALID_PIN = "invalid_pin"
    EMPTY_PIN = "empty_pin"
    PIN_TIMEOUT = "pin_timeout"
    CANCELLED = "cancelled"
    REPEATED_TAP = "repeated_tap"
    INTERRUPTED = "interrupted"
    BUSY = "busy"

    # What the PIN check said. The patron cannot tell those in LOOKS_THE_SAME apart.
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_CODE = "unknown_code"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    PIN_WITHHELD = "pin_withheld"
    DOOR_LOCKED_OUT = "door_locked_out"
    DOOR_KNOWN_CARDS = "door_known_cards"
    PIN_NOT_VERIFIED = "pin_not_verified"

    # What could not be found out.
    ILS_UNAVAILABLE = "ils_unavailable"
    REGISTER_CONTRADICTION = "register_contradiction"
    STALE_DATA = "stale_data"
    FACTS_INCOMPLETE = "facts_incomplete"

    # What stands against this person here; told only after a right PIN.
    INVITED_ONLY = "invited_only"
    SUSPENDED = "suspended"
    NO_PERMISSION = "no_permission"
    PERMISSION_EXPIRED = "permission_expired"
    CARD_EXPIRED = "card_expired"
    CARD_LOST = "card_lost"
    ILS_BLOCK = "ils_block"
    FEES = "fees"
    TERMS_MISSING = "terms_missing"
    TERMS_DECLINED = "terms_declined"
    TERMS_WITHDRAWN = "terms_withdrawn"
    INTRODUCTION_MISSING = "introduction_missing"
    GUEST_NOT_APPROVED = "guest_not_approved"
    GUESTS_REFUSED = "guests_refused"
    CATEGORY = "category"
    UNDERAGE = "underage"
    GUARDIAN_MISSING = "guardian_missing"
    BORROWING_BLOCKED = "borrowing_blocked"
    WEAK_PIN = "weak_pin"
    FULL = "full"

    # What stands against a tag or code that was handed out.
    PASS_EXPIRED = "pass_expired"  # noqa: S105 (a tag, no password)
    PASS_USED = "pass_used"  # noqa: S105 (a tag, no password)
    PASS_NOT_NOW = "pass_not_now"  # noqa: S105 (a tag, no password)


LOOKS_THE_SAME = frozenset({Reason.UNKNOWN_CARD, Reason.UNKNOWN_CODE, Reason.WRONG_PIN, Reason.PIN_NOT_VERIFIED})
"""Reasons a patron must not be able to tell apart (OWASP ASVS 5.0 6.3.8)."""
