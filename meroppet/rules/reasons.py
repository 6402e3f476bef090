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

    # What the PIN check said. The patron cannot tell these two apart.
    UNKNOWN_CARD = "unknown_card"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    DOOR_LOCKED_OUT = "door_locked_out"
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
    CATEGORY = "category"
    UNDERAGE = "underage"
    BORROWING_BLOCKED = "borrowing_blocked"


LOOKS_THE_SAME = frozenset({Reason.UNKNOWN_CARD, Reason.WRONG_PIN, Reason.PIN_NOT_VERIFIED})
"""Reasons a patron must not be able to tell apart (OWASP ASVS 5.0 6.3.8)."""
