"""What the door's display, lamp and sounder say of a state or a verdict, in each of its languages.

What is said aloud of a verdict, by light or sound, is its public cause alone: whoever stands behind learns no more than
the words tell, and those tell little before a right PIN.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from hardware.ports import Colour, Tone
from meroppet import texts
from meroppet.rules.access import Site, before_pin, stands_free
from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.closing import Pause, PauseKind
from meroppet.rules.hours import Hours
from meroppet.rules.notices import Notice, notice_at
from meroppet.rules.policy import Companions
from meroppet.rules.reasons import Reason
from meroppet.texts import (
    DoorLine,
    age_line,
    companions_line,
    countdown,
    door_text,
    help_line,
    languages,
    staff_line,
)

LANGUAGES = ("sv", "en")
"""What a door speaks unless its installer says otherwise; the first comes first."""
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


CLOSED = frozenset(
    {
        Reason.CLOSED,
        Reason.MAINTENANCE,
        Reason.EMERGENCY_CLOSED,
        Reason.AWAITING_STAFF,
        Reason.LAST_ENTRY,
        Reason.EMPTYING,
        Reason.ALARM_ARMED,
    }
)
"""Everybody would hear it now, whatever card they hold."""
BROKEN = frozenset({Reason.OUT_OF_ORDER, Reason.NO_POLICY, Reason.CLOCK_UNTRUSTED, Reason.FIRE})
"""The house is not as it should be, and no card helps."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """The lamp's colour and whether it blinks."""

    colour: Colour
    blinking: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """What is said in one language: large, beneath it, and beneath everything (whom to call, how old the data is)."""

    lang: str
    title: str
    line: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DisplayText:
    """What stands on the display, a section a language, and the lamp that goes with it.

    `dots`: how many digits have been typed, where digits are asked for.
    """

    sections: tuple[Section, ...]
    lamp: Lamp
    dots: int | None = None

    def pages(self) -> tuple[tuple[str, ...], ...]:
        """The lines of a small display, top first: the first language always, beneath it the others in turn."""
        first, *others = self.sections
        if not first.title:
            return ((),)
        return tuple(_page(first, other) for other in others) or (_page(first, first),)

    def shown(self) -> tuple[str, ...]:
        """The lines of the first page."""
        return self.pages()[0]

    @property
    def title(self) -> str:
        """What is said first."""
        return self.sections[0].title


def _page(first: Section, second: Section) -> tuple[str, ...]:
    # Dots are the same in every language.
    below = (second.title, second.line if second.line != first.line else "") if second != first else ()
    notes = (" / ".join(dict.fromkeys(said)) for said in zip(first.notes, second.notes, strict=True))
    return (first.title, *(line for line in (first.line, *below, *notes) if line))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text may mention: whom to call, when the branch opens, and what the public is told of its hours.

    `heard_at` is when the server was last heard, so that what is known here was the newest. `staff_awaited`: the hours
    say that staff are here, and nobody of them has come yet. `companions`: whom somebody who is let in may take along.
    """

    help_number: str = ""
    hours: Hours | None = None
    now: datetime | None = None
    pause: Pause | None = None
    heard_at: datetime | None = None
    staff_awaited: bool = False
    companions: Companions = Companions.ANYONE


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
    **dict.fromkeys(CLOSED, Lamp(Colour.WHITE)),
    **dict.fromkeys(BROKEN, Lamp(Colour.RED, blinking=True)),
}
REFUSED = Lamp(Colour.RED)


def tone_of(what: Reason) -> Tone:
    """The sound of a verdict: yes, no, closed for everybody, or out of order. What is somebody's own is one no."""
    if what is Reason.GRANTED:
        return Tone.RISING
    if what in CLOSED:
        return Tone.LOW
    return Tone.TRIPLE if what in BROKEN else Tone.FALLING


def tone_at(digits: int) -> Tone:
    """The sound of the question for a PIN or number, and of each key: all keys alike, so that no ear learns a digit."""
    return Tone.CLICK if digits else Tone.CHIME


class Wording:
    """The texts of one door, in its languages. Raises ValueError for a language no catalogue speaks."""

    def __init__(self, spoken: tuple[str, ...] = LANGUAGES) -> None:
        known = languages()
        unknown = [lang for lang in spoken if lang not in known]
        if unknown or not spoken:
            raise ValueError(f"no sentences in {', '.join(unknown) or 'no language'}; there are: {', '.join(known)}")
        self.languages = tuple(dict.fromkeys(spoken))

    def asking(self, digits: int) -> DisplayText:
        """The question for the PIN, with a dot for each digit typed."""
        return self._text(DoorLine.ASK_PIN, Surroundings(), dots=digits)

    def typing(self, digits: int) -> DisplayText:
        """A number being typed, with a dot for each digit."""
        return self._text(DoorLine.ASK_NUMBER, Surroundings(), dots=digits)

    def checking(self) -> DisplayText:
        """A PIN or code was typed and is being checked."""
        return self._text(DoorLine.CHECKING, Surroundings())

    def handing_out(self) -> DisplayText:
        """What staff with a new tag in their hand are asked."""
        return self._text(DoorLine.HOLD_TAG, Surroundings())

    def handed_out(self, *, done: bool) -> DisplayText:
        """Whether the tag that was read can be handed out; why not stands on the page of whoever ordered it."""
        return self._text(DoorLine.TAG_DONE if done else DoorLine.TAG_REFUSED, Surroundings())

    def told(self, reason: Reason, around: Surroundings) -> DisplayText:
        """A verdict; every refusal says whom to call, and where the card could not be checked, when staff are in."""
        granted = reason is Reason.GRANTED
        return self._text(reason, around, helped=not granted, staff=reason in UNCHECKED, along=granted)

    def resting(self, site: Site | None, around: Surroundings) -> DisplayText:
        """What the door says to nobody in particular; `site` is None while it is not known.

        While no card would do, it says at once what it would tell each of them, and its lamp is out where all is well.
        """
        if site is None:
            return self._text(DoorLine.STARTING, around, helped=True)
        reason = before_pin(site)
        if reason is None:
            return self._text(_open(site), around, aged=True, notice=_notice_now(around))
        text = self._text(reason, around, helped=True, aged=True)
        return DisplayText(text.sections, text.lamp if reason in BROKEN else Lamp(Colour.OFF))

    def _text(
        self,
        what: Reason | DoorLine,
        around: Surroundings,
        *,
        dots: int | None = None,
        helped: bool = False,
        aged: bool = False,
        staff: bool = False,
        along: bool = False,
        notice: Notice | None = None,
    ) -> DisplayText:
        sections, what = [], _to_passers_by(what, around)
        for lang in self.languages:
            typed, why = "●" * (dots or 0), _why(what, around, lang)
            said = door_text(what, lang, opens=_opens(around, lang), dots=typed, why=why)
            title = said.title if notice is None else countdown(notice.kind, notice.minutes, lang)
            line = " ".join(filter(None, (said.line, companions_line(around.companions, lang) if along else "")))
            notes = (
                help_line(around.help_number, lang) if helped and around.help_number else "",
                _staff(around, lang) if staff else "",
                _age(around, lang) if aged else "",
            )
            sections.append(Section(lang, title, line, tuple(note for note in notes if note)))
        return DisplayText(tuple(sections), LAMPS.get(what, REFUSED), dots)


def when(moment: datetime, now: datetime, hours: Hours, lang: str) -> str:
    """A moment in words, on the branch's clock: the time alone today, with the day before it otherwise."""
    return texts.when(moment.astimezone(hours.zone), now.astimezone(hours.zone).date(), lang)


def _to_passers_by(what: Reason | DoorLine, around: Surroundings) -> Reason | DoorLine:
    """At night the alarm is on, and whoever comes by wants to know when the library opens."""
    if what is not Reason.ALARM_ARMED or around.hours is None or around.now is None:
        return what
    state = around.hours.state_at(around.now).state
    if state in OPEN:
        return what
    return Reason.CLOSED if state is BranchState.CLOSED else Reason.MAINTENANCE


def _open(site: Site) -> DoorLine:
    if site.in_force is BranchState.EVENT:
        return DoorLine.INVITED if site.listed_only else DoorLine.EVENT
    return DoorLine.STAFFED if stands_free(site) else DoorLine.IDLE


def _notice_now(around: Surroundings) -> Notice | None:
    if around.hours is None or around.now is None:
        return None
    # The display is looked at every second and tells minutes.
    return _notice(around.hours, around.now.replace(second=0, microsecond=0))


@lru_cache(maxsize=2)
def _notice(hours: Hours, minute: datetime) -> Notice | None:
    return notice_at(hours, minute)


def _age(around: Surroundings, lang: str) -> str:
    """How old the data is, where it is old."""
    heard, now, hours = around.heard_at, around.now, around.hours
    if heard is None or now is None or hours is None or now - heard < OLD_AFTER:
        return ""
    return age_line(when(heard, now, hours, lang), lang)


def _staff(around: Surroundings, lang: str) -> str:
    """When staff are here, where anybody knows."""
    now, hours = around.now, around.hours
    at = None if now is None or hours is None else hours.next_opening(now, STAFFED)
    if at is None or now is None or hours is None or (at <= now and around.staff_awaited):
        return ""
    return staff_line("" if at <= now else when(at, now, hours, lang), lang)


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
    return when(moment, around.now, around.hours, lang)


def _opening(around: Surroundings) -> datetime | None:
    if around.hours is None or around.now is None:
        return None
    if around.pause is None:
        return around.hours.next_opening(around.now, OPEN)
    if around.pause.kind is PauseKind.EMPTYING:
        return around.pause.until
    return around.hours.next_opening(around.pause.until, OPEN)
