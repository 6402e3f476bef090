"""What the door's display, lamp and sounder say of a state or a verdict: Swedish first, English beneath."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from hardware.ports import Colour, Tone
from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours
from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine, Said, door_text, help_line

LANGUAGES = ("sv", "en")
_CLOCKS = {"sv": "kl. {0:%H.%M}", "en": "at {0:%H:%M}"}
"""A time of day as people here write it: 24 hours, 06.00 in Swedish."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """The lamp's colour and whether it blinks."""

    colour: Colour
    blinking: bool = False


@dataclass(frozen=True, slots=True)
class DisplayText:
    """What stands on the display: the title and what is under it."""

    title: str
    lines: tuple[str, ...]
    lamp: Lamp

    def shown(self) -> tuple[str, ...]:
        """The display's lines, top first."""
        return (self.title, *self.lines) if self.title else ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text may mention: whom to call, and when the branch opens."""

    help_number: str = ""
    hours: Hours | None = None
    now: datetime | None = None


LAMPS: dict[Reason | DoorLine, Lamp] = {
    DoorLine.IDLE: Lamp(Colour.BLUE),
    DoorLine.STAFFED: Lamp(Colour.GREEN),
    DoorLine.STARTING: Lamp(Colour.AMBER),
    DoorLine.ASK_PIN: Lamp(Colour.AMBER, blinking=True),
    DoorLine.CHECKING: Lamp(Colour.AMBER),
    Reason.GRANTED: Lamp(Colour.GREEN),
}
REFUSED = Lamp(Colour.RED)


def tone_of(what: Reason) -> Tone:
    """One sound for yes, one for every no: a sound tells the street nothing more."""
    return Tone.RISING if what is Reason.GRANTED else Tone.FALLING


def asking(digits: int) -> DisplayText:
    """The question for the PIN, with a dot for each digit typed."""
    return _text(DoorLine.ASK_PIN, Surroundings(), dots="●" * digits)


def told(reason: Reason, around: Surroundings) -> DisplayText:
    """A verdict; every refusal says whom to call."""
    return _text(reason, around, helped=reason is not Reason.GRANTED)


def resting(state: BranchState | None, *, stands_free: bool, around: Surroundings) -> DisplayText:
    """What the door says to nobody in particular; `state` is None while it is not known."""
    match state:
        case None:
            return _text(DoorLine.STARTING, around, helped=True)
        case BranchState.CLOSED:
            text = _text(Reason.CLOSED, around, helped=True)
            return DisplayText(text.title, text.lines, Lamp(Colour.OFF))
        case BranchState.STAFFED if stands_free:
            return _text(DoorLine.STAFFED, around)
        case _:
            return _text(DoorLine.IDLE, around)


def _text(what: Reason | DoorLine, around: Surroundings, *, dots: str = "", helped: bool = False) -> DisplayText:
    said = [door_text(what, lang, opens=_opens(around, lang), dots=dots) for lang in LANGUAGES]
    lines = [line for line in (said[0].line, *_second(said)) if line]
    if helped and around.help_number:
        lines.append(" / ".join(dict.fromkeys(help_line(around.help_number, lang) for lang in LANGUAGES)))
    return DisplayText(said[0].title, tuple(lines), LAMPS.get(what, REFUSED))


def _second(said: list[Said]) -> tuple[str, ...]:
    first, second = said
    # Dots are the same in every language.
    return (second.title, second.line) if second.line != first.line else (second.title,)


def _opens(around: Surroundings, lang: str) -> str:
    if around.hours is None or around.now is None:
        return ""
    moment = around.hours.next_opening(around.now, OPEN)
    if moment is None:
        return ""
    zone = around.hours.zone
    local, today = moment.astimezone(zone), around.now.astimezone(zone).date()
    at = _CLOCKS[lang].format(local)
    return at if local.date() == today else f"{format_date(local.date(), 'EEEE', locale=lang)} {at}"
