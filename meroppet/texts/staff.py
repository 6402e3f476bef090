"""What staff read beside a reason's code and an event's kind: plain words, and what can be done."""

from meroppet.rules.reasons import Reason
from meroppet.texts.catalogue import sentences
from meroppet.texts.patron import N_

_REASONS: dict[Reason, str] = {
    Reason.GRANTED: N_("Let in."),
    Reason.CLOSED: N_("The branch was closed by its hours."),
    Reason.MAINTENANCE: N_("Maintenance: only cards on the staff's list are let in."),
    Reason.EMERGENCY_CLOSED: N_("The branch was closed at once by staff: only cards on the staff's list are let in."),
    Reason.AWAITING_STAFF: N_("Staffed hours begin when somebody of the staff has come in, and nobody had."),
    Reason.LAST_ENTRY: N_("It was after the last entry before closing."),
    Reason.EMPTYING: N_("The staff had left; the library was being emptied before self-service went on."),
    Reason.CLOCK_UNTRUSTED: N_("The device does not know the time; nothing opens until it does."),
    Reason.ALARM_ARMED: N_("The intruder alarm was armed, or nobody could say that it was not."),
    Reason.FIRE: N_("The fire alarm had gone off and nobody had reset it."),
    Reason.OUT_OF_ORDER: N_("The device could not write its journal or reach the lock."),
    Reason.NO_POLICY: N_("The device has not got this branch's rules and keys from the server since it started."),
    Reason.INVALID_CARD: N_("What was read can be no card number."),
    Reason.INVALID_PIN: N_("Something other than digits was typed, or too few of them."),
    Reason.EMPTY_PIN: N_("No PIN was typed. The library system was not asked."),
    Reason.PIN_TIMEOUT: N_("No PIN came in time."),
    Reason.CANCELLED: N_("The patron cancelled."),
    Reason.REPEATED_TAP: N_("The same card was read twice within a second; the first reading went on."),
    Reason.INTERRUPTED: N_("Another card was read before the PIN was complete."),
    Reason.BUSY: N_("Another card was being checked."),
    Reason.UNKNOWN_CARD: N_("The library system does not know the card."),
    Reason.WRONG_PIN: N_("The PIN was wrong."),
    Reason.PIN_LOCKED: N_("Too many wrong PINs with this card."),
    Reason.DOOR_LOCKED_OUT: N_("Too many wrong PINs at this door."),
    Reason.PIN_NOT_VERIFIED: N_("The library system did not say whether the PIN was right."),
    Reason.ILS_UNAVAILABLE: N_("The library system did not answer in time."),
    Reason.REGISTER_CONTRADICTION: N_("The library system answered for another patron; the answer was not used."),
    Reason.STALE_DATA: N_("What is known of the patron is too old."),
    Reason.FACTS_INCOMPLETE: N_("The library system lacks a fact that the rules here need, such as the date of birth."),
    Reason.INVITED_ONLY: N_("An event for invited guests was on, and the card was not on its list."),
    Reason.SUSPENDED: N_("The patron is suspended from coming in."),
    Reason.NO_PERMISSION: N_("The patron has no permission here. Give it under Patrons."),
    Reason.PERMISSION_EXPIRED: N_("The permission has run out. Renew it under Patrons."),
    Reason.CARD_EXPIRED: N_("The library card has run out in the library system."),
    Reason.CARD_LOST: N_("The card is reported lost in the library system."),
    Reason.ILS_BLOCK: N_("The patron is blocked in the library system."),
    Reason.FEES: N_("The debt in the library system is above the limit here."),
    Reason.CATEGORY: N_("The patron's category may not come in here."),
    Reason.UNDERAGE: N_("The patron is younger than the minimum age here."),
    Reason.BORROWING_BLOCKED: N_("The library system does not let this patron borrow."),
    Reason.TERMS_MISSING: N_("The patron has not accepted the agreement in force here. It can be done at the desk."),
    Reason.TERMS_DECLINED: N_("The patron said no to the agreement."),
    Reason.TERMS_WITHDRAWN: N_("The patron ended the agreement, and with it the right to come in."),
    Reason.INTRODUCTION_MISSING: N_("The patron has had no introduction. Mark it under Patrons when it is done."),
    Reason.GUEST_NOT_APPROVED: N_(
        "The patron belongs to another library and has not approved the use of the card here."
    ),
    Reason.GUESTS_REFUSED: N_("The patron belongs to another library, and guests are not let in here."),
    Reason.GUARDIAN_MISSING: N_("The patron is so young that a guardian must consent first, and none has."),
    Reason.WEAK_PIN: N_("The PIN was right but too easy to guess. The patron must choose another."),
    Reason.FULL: N_("As many people as allowed were inside, or nobody knew how many."),
    Reason.PIN_WITHHELD: N_(
        "The library system was not asked: one more wrong PIN could have locked the patron's account there. "
        "Reset the card under Patrons."
    ),
    Reason.DOOR_KNOWN_CARDS: N_(
        "So many wrong PINs had been typed at this door that it asked only cards it knew. Acknowledge it under Doors."
    ),
    Reason.UNKNOWN_CODE: N_("Nobody has been given the code that was typed."),
    Reason.PASS_EXPIRED: N_("The tag or code has run out or was taken back."),
    Reason.PASS_USED: N_("The code was for one visit and has been used."),
    Reason.PASS_NOT_NOW: N_("The tag or code does not hold at that hour, or not in that state of the branch."),
}

_KINDS: dict[str, str] = {
    "access.granted": N_("Card and PIN accepted"),
    "access.refused": N_("Refused"),
    "door.released": N_("Door released"),
    "door.release_failed": N_("The lock did not answer"),
    "door.opened": N_("Door opened"),
    "door.shut": N_("Door shut"),
    "door.forced": N_("Door forced"),
    "door.held": N_("Door stands open"),
    "door.exit": N_("Exit button pressed"),
    "branch.state": N_("Opening hours changed the branch's state"),
    "device.started": N_("Device started"),
    "device.stopped": N_("Device stopped"),
    "link.lost": N_("Lost the server"),
    "link.restored": N_("The server answers again"),
    "reader.lost": N_("A reader does not answer"),
    "reader.found": N_("A reader answers again"),
    "order.answered": N_("Order answered"),
    "kiosk.identified": N_("Log-in at the kiosk"),
    "kiosk.loan": N_("Loan at the kiosk"),
    "kiosk.return": N_("Return at the kiosk"),
    "kiosk.ended": N_("Kiosk session ended"),
    "door.held_soon": N_("Door has stood open; those at it were reminded"),
    "door.open_locked": N_("Door stands open though it is locked"),
    "door.unbonded": N_("The lock does not hold the door"),
    "door.tampered": N_("A cover was opened or a line cut"),
    "door.tamper_ended": N_("Cover and line are whole again"),
    "door.exit_stuck": N_("The exit button is stuck"),
    "hold.ended": N_("The door stands free no longer"),
    "passage.counted": N_("Somebody passed the people counter"),
    "fire.began": N_("Fire alarm"),
    "fire.ended": N_("The fire alarm fell silent"),
    "fire.reset": N_("Fire alarm reset"),
    "alarm.armed": N_("Intruder alarm armed"),
    "alarm.disarmed": N_("Intruder alarm disarmed"),
    "alarm.intrusion": N_("The intruder alarm went off"),
    "alarm.arm_requested": N_("The intruder alarm was asked to arm"),
    "alarm.arm_refused": N_("The intruder alarm was not armed"),
    "alarm.raised": N_("Alarm"),
    "alarm.acknowledged": N_("Alarm acknowledged"),
    "alarm.cleared": N_("Alarm over"),
    "relay.switched": N_("Light or relay switched"),
    "closing.step": N_("Closing routine"),
    "journal.began": N_("A new journal began"),
    "journal.failed": N_("The journal could not be written for a time"),
    "clock.changed": N_("How far the clock is trusted has changed"),
    "controller.crashed": N_("The door's program ended badly several times"),
    "config.rolled_back": N_("The settings that worked last are used"),
    "door.quiet": N_("Nobody has been let in for long"),
}

_STATES: dict[str, str] = {
    "staffed": N_("From now: staffed."),
    "self_service": N_("From now: self-service."),
    "closed": N_("From now: closed."),
    "event": N_("From now: an event."),
    "maintenance": N_("From now: maintenance, for staff only."),
    "emergency_closed": N_("From now: closed at once by staff."),
}

_OUTCOMES: dict[str, str] = {
    "not_for_loan": N_("The item is not for loan."),
    "reserved_by_other": N_("The item is reserved for somebody else."),
    "patron_blocked": N_("The library system does not let this patron borrow."),
    "unknown_item": N_("The library system does not know the item."),
    "unknown_patron": N_("The library system does not know the card."),
    "already_on_loan": N_("The item is on loan to somebody else."),
    "limit": N_("The patron has as many loans as allowed."),
    "not_on_loan": N_("The item was not on loan."),
    "bad_input": N_("What was read can be no item."),
    "refused": N_("The library system said no without saying why."),
    "unavailable": N_("The library system could not be asked in time."),
    "uncertain": N_("Nobody knows whether it was done: the answer never came."),
}

_NOT_DONE = N_("It was not done ({code}).")
_UNKNOWN = N_("Unknown reason ({code}). The device may be newer than the server.")


def reason_text(code: str, lang: str) -> str:
    """A reason's code in plain words; a code from a newer device has words too."""
    try:
        return _say(_REASONS[Reason(code)], lang)
    except ValueError:
        return _say(_UNKNOWN, lang).format(code=code)


def outcome_text(code: str, lang: str) -> str:
    """Why a loan or a return at a kiosk was not done; a code from a newer device has words too."""
    return _say(_OUTCOMES[code], lang) if code in _OUTCOMES else _say(_NOT_DONE, lang).format(code=code)


def state_text(state: str, lang: str) -> str:
    """What a branch has become, or nothing where the state is not known."""
    return _say(_STATES[state], lang) if state in _STATES else ""


def kind_text(kind: str, lang: str) -> str:
    """An event kind in plain words, or the kind itself where it is not known."""
    return _say(_KINDS[kind], lang) if kind in _KINDS else kind


def _say(text: str, lang: str) -> str:
    return sentences(lang).gettext(text)
