"""Every sentence a patron can read or hear, by reason and language, once; and the words staff read beside a code."""

from meroppet.texts.announcements import announcement, companions_line, countdown
from meroppet.texts.catalogue import RIGHT_TO_LEFT, languages
from meroppet.texts.patron import DoorLine, Said, age_line, door_text, help_line, kiosk_text, sentence, staff_line
from meroppet.texts.staff import kind_text, outcome_text, reason_text, state_text
from meroppet.texts.times import when

__all__ = [
    "RIGHT_TO_LEFT",
    "DoorLine",
    "Said",
    "age_line",
    "announcement",
    "companions_line",
    "countdown",
    "door_text",
    "help_line",
    "kind_text",
    "kiosk_text",
    "languages",
    "outcome_text",
    "reason_text",
    "sentence",
    "staff_line",
    "state_text",
    "when",
]
