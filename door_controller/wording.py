"""What the door's display, lamp and sounder say of a state or a verdict: Swedish first, English beneath."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_date

from hardware.ports import Colour, Tone
from meroppet.rules.access import Site, before_pin, stands_free
from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.hours import Hours
from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine, Said, age_line, door_text, help_line, staff_line

LANGUAGES = ("sv", "en")
_CLOCKS = {"sv": "kl. {0:%H.%M}", "en": "at {0:%H:%M}"}
"""A time of day as people here write it: 24 hours, 06.00 in Swedish."""
_DATES = {"sv": "'den' d MMMM", "en": "'on' d MMMM"}
A_WEEK = timedelta(days=7)
OLD_AFTER = timedelta(hours=1)
"""From then on the door says how old its data is: a permission given since is not known here."""
TELLS_WHY: frozenset[Reason | DoorLine] = frozenset(
    {
        Reason.CLOSED,
        Reason.MAINTENANCE,
        Reason.EMERGENCY_CLOSED,
        Reason.LAST_ENTRY,
        Reason.INVITED_ONLY,
        DoorLine.EVENT,
        DoorLine.INVITED,
    }
)
"""Where the public reason of the hours belongs: at what is closed or otherwise than every day."""
STAFFED = frozenset({BranchState.STAFFED})
UNCHECKED = frozenset({Reason.ILS_UNAVAILABLE, Reason.REGISTER_CONTRADICTION, Reason.STALE_DATA})
"""Nothing is wrong with the card as far as anybody knows: staff let in whom the door cannot check."""


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
    """What a text may mention: whom to call, when the branch opens, and what the public is told of its hours.

    `heard_at` is when the server was last heard, so that what is known here was the newest. `staff_awaited`: the hours
    say that staff are here, and nobody of them has come yet.
    """

    help_number: str = ""
    hours: Hours | None = None
    now: datetime | None = None
    pause: Pause | None = None
    heard_at: datetime | None = None
    staff_awaited: bool = False


LAMPS: dict[Reason | DoorLine, Lamp] = {
    DoorLine.IDLE: Lamp(Colour.BLUE),
    DoorLine.STAFFED: Lamp(Colour.GREEN),
    DoorLine.EVENT: Lamp(Colour.GREEN),
    DoorLine.INVITED: Lamp(Colour.BLUE),
    DoorLine.STARTING: Lamp(Colour.AMBER),
    DoorLine.ASK_PIN: Lamp(Colour.AMBER, blinking=True),
    DoorLine.ASK_NUMBER: Lamp(Colour.AMBER, blinking=True),
    DoorLine.CHECKING: Lamp(Colour.AMBER),
    DoorLine.HOLD_TAG: Lamp(Colour.AMBER, blinking=True),
    DoorLine.TAG_DONE: Lamp(Colour.BLUE),
    Reason.GRANTED: Lamp(Colour.GREEN),
}
REFUSED = Lamp(Colour.RED)


def tone_of(what: Reason) -> Tone:
    """One sound for yes, one for every no: a sound tells the street nothing more."""
    return Tone.RISING if what is Reason.GRANTED else Tone.FALLING


def asking(digits: int) -> DisplayText:
    """The question for the PIN, with a dot for each digit typed."""
    return _text(DoorLine.ASK_PIN, Surroundings(), dots="●" * digits)


def typing(digits: int) -> DisplayText:
    """A number being typed, with a dot for each digit."""
    return _text(DoorLine.ASK_NUMBER, Surroundings(), dots="●" * digits)


def handing_out() -> DisplayText:
    """What staff with a new tag in their hand are asked."""
    return _text(DoorLine.HOLD_TAG, Surroundings())


def handed_out(*, done: bool) -> DisplayText:
    """Whether the tag that was read can be handed out; why not stands on the page of whoever ordered it."""
    return _text(DoorLine.TAG_DONE if done else DoorLine.TAG_REFUSED, Surroundings())


def told(reason: Reason, around: Surroundings) -> DisplayText:
    """A verdict; every refusal says whom to call, and where the card could not be checked, when staff are in."""
    text = _text(reason, around, helped=reason is not Reason.GRANTED)
    if reason not in UNCHECKED:
        return text
    return DisplayText(text.title, (*text.lines, *_staff(around)), text.lamp)


def resting(site: Site | None, around: Surroundings) -> DisplayText:
    """What the door says to nobody in particular; `site` is None while it is not known.

    While no card would do, it says at once what it would tell each of them, and its lamp is out.
    """
    if site is None:
        return _text(DoorLine.STARTING, around, helped=True)
    reason = before_pin(site)
    if reason is not None:
        text = _text(reason, around, helped=True)
        return DisplayText(text.title, (*text.lines, *_age(around)), Lamp(Colour.OFF))
    text = _text(_open(site), around)
    return DisplayText(text.title, (*text.lines, *_age(around)), text.lamp)


def _open(site: Site) -> DoorLine:
    if site.in_force is BranchState.EVENT:
        return DoorLine.INVITED if site.listed_only else DoorLine.EVENT
    return DoorLine.STAFFED if stands_free(site) else DoorLine.IDLE


def _text(what: Reason | DoorLine, around: Surroundings, *, dots: str = "", helped: bool = False) -> DisplayText:
    said = [
        door_text(what, lang, opens=_opens(around, lang), dots=dots, why=_why(what, around, lang)) for lang in LANGUAGES
    ]
    lines = [line for line in (said[0].line, *_second(said)) if line]
    if helped and around.help_number:
        lines.append(" / ".join(dict.fromkeys(help_line(around.help_number, lang) for lang in LANGUAGES)))
    return DisplayText(said[0].title, tuple(lines), LAMPS.get(what, REFUSED))


def _age(around: Surroundings) -> tuple[str, ...]:
    """How old the data is, where it is old."""
    heard, now, hours = around.heard_at, around.now, around.hours
    if heard is None or now is None or hours is None or now - heard < OLD_AFTER:
        return ()
    return (" / ".join(age_line(_moment(heard, now, hours, lang), lang) for lang in LANGUAGES),)


def _staff(around: Surroundings) -> tuple[str, ...]:
    """When staff are here, where anybody knows."""
    now, hours = around.now, around.hours
    at = None if now is None or hours is None else hours.next_opening(now, STAFFED)
    if at is None or now is None or hours is None or (at <= now and around.staff_awaited):
        return ()
    lines = (staff_line("" if at <= now else _moment(at, now, hours, lang), lang) for lang in LANGUAGES)
    return (" / ".join(lines),)


def _second(said: list[Said]) -> tuple[str, ...]:
    first, second = said
    # Dots are the same in every language.
    return (second.title, second.line) if second.line != first.line else (second.title,)


def _why(what: Reason | DoorLine, around: Surroundings, lang: str) -> str:
    """The public reason of the rule that made the hours what they are, where it has one in this language."""
    if what not in TELLS_WHY or around.hours is None or around.now is None:
        return ""
    closing = what is Reason.LAST_ENTRY and around.pause is not None
    answer = around.hours.state_at(around.pause.until if closing and around.pause else around.now)
    return dict(answer.rule.reasons).get(lang, "")


def _opens(around: Surroundings, lang: str) -> str:
    moment = _opening(around)
    if moment is None or around.hours is None or around.now is None:
        return ""
    return _moment(moment, around.now, around.hours, lang)


def _moment(moment: datetime, now: datetime, hours: Hours, lang: str) -> str:
    local, today = moment.astimezone(hours.zone), now.astimezone(hours.zone).date()
    at = _CLOCKS[lang].format(local)
    if local.date() == today:
        return at
    # A weekday is enough until it could be this one or the next.
    near = abs(local.date() - today) < A_WEEK
    day = format_date(local.date(), "EEEE" if near else _DATES[lang], locale=lang)
    return f"{day} {at}"


def _opening(around: Surroundings) -> datetime | None:
    if around.hours is None or around.now is None:
        return None
    if around.pause is None:
        return around.hours.next_opening(around.now, OPEN)
    if around.pause.kind is PauseKind.EMPTYING:
        return around.pause.until
    return around.hours.next_opening(around.pause.until, OPEN)
