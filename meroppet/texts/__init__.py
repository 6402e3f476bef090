"""Every sentence a patron can read or hear, by reason and language, once; and the words staff read beside a code."""

from meroppet.texts.patron import DoorLine, Said, age_line, door_text, help_line, kiosk_text, sentence, staff_line
from meroppet.texts.staff import kind_text, outcome_text, reason_text, state_text

__all__ = [
    "DoorLine",
    "Said",
    "age_line",
    "door_text",
    "help_line",
    "kind_text",
    "kiosk_text",
    "outcome_text",
    "reason_text",
    "sentence",
    "staff_line",
    "state_text",
]
