"""What a few words say of a day: "stängt", "meröppet 8-20", "endast meröppet". Pure; what is not known is refused."""

import re
from dataclasses import dataclass

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Closed, Content, NoSelfService, NotAfter, NotBefore, OtherHours
from meroppet.rules.intervals import ALL_DAY, MINUTES_A_DAY, Interval, ScheduleError, Window, wall
from meroppet.texts.patron import N_
from server.schedules.sentences import NotUnderstood, Sentence

CLOSED = frozenset({"stängt", "stängd", "helt stängt", "stängt hela dagen", "closed", "closed all day"})
ONLY_ALONE = frozenset(
    {"endast meröppet", "enbart meröppet", "bara meröppet", "endast självservice", "obemannat", "self-service only"}
)
NOT_ALONE = frozenset({"ej meröppet", "inget meröppet", "utan meröppet", "inte meröppet", "no self-service"})
AS_USUAL = frozenset({"som vanligt", "öppet som vanligt", "ordinarie öppettider", "ordinarie tider", "as usual"})
STAFFED = frozenset({"bemannat", "öppet", "personal", "med personal", "staffed", "open"})
ALONE = frozenset({"meröppet", "självservice", "self-service", "self service", *ONLY_ALONE})
FROM = frozenset({"öppnar", "öppet från", "öppnar först", "stängt till", "opens", "not before"})
UNTIL = frozenset({"stänger", "öppet till", "stängt från", "closes", "not after"})

_TIME = r"([0-9]{1,2})(?:[.:]([0-9]{2}))?"
_STRETCH = re.compile(rf"(?:(.+?) )?{_TIME} ?(?:-|till|to) ?{_TIME}")
_MOMENT = re.compile(rf"(.+?) {_TIME}")
_KNOWN = "stängt, meröppet 8-20, bemannat 10-14, endast meröppet, ej meröppet, öppnar 10, stänger 15, som vanligt"
_BARE = Sentence(N_("Read as hours with staff, and closed outside them; write meröppet before hours without staff."))


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was said. `only_alone`: the usual hours, without staff; `contents` is empty for it and for "as usual"."""

    contents: tuple[Content, ...] = ()
    only_alone: bool = False
    note: Sentence | None = None


def phrase_in(text: str) -> Phrase:
    """What the words say. Raises NotUnderstood with a remedy for anything else."""
    said = _plain(text)
    if said in CLOSED:
        return Phrase((Closed(),))
    if said in ONLY_ALONE:
        return Phrase(only_alone=True)
    if said in NOT_ALONE:
        return Phrase((NoSelfService(),))
    if said in AS_USUAL:
        return Phrase(note=Sentence(N_("As usual: nothing is changed by this.")))
    moment = _MOMENT.fullmatch(said)
    if moment is not None and moment[1] in FROM | UNTIL:
        minute = _minute(moment[2], moment[3], text)
        return Phrase((NotBefore(minute) if moment[1] in FROM else NotAfter(minute),))
    return _hours(re.split(r" ?(?:,|;|\+| och | and ) ?", said), text)


def _plain(text: str) -> str:
    said = re.sub(r"[‐-―]", "-", text.casefold())
    said = re.sub(r"\b(?:kl\.?|klockan|hours?) ?(?=[0-9])", "", said)
    return re.sub(r"\s+", " ", re.sub(r" ?- ?", "-", said) if re.search(r"[0-9] ?- ?[0-9]", said) else said).strip(
        " .!"
    )


def _hours(parts: list[str], text: str) -> Phrase:
    stretches = [_stretch(part, text) for part in parts]
    words = {word for word, _ in stretches}
    if words <= CLOSED:
        return Phrase(tuple(Closed(window) for _, window in stretches))
    if words & CLOSED:
        raise NotUnderstood(
            N_("“%(text)s” says both open and closed hours; write one line for each, or only the open hours"), text=text
        )
    if "" in words and len(words) > 1:
        raise NotUnderstood(
            N_("“%(text)s” does not say of all hours who is there; write meröppet or bemannat before each"), text=text
        )
    pieces = tuple(sorted(Interval(window.start, window.end, _state(word)) for word, window in stretches))
    return Phrase((_other_hours(pieces, text),), note=_BARE if words & {"", "öppet", "open"} else None)


def _state(word: str) -> BranchState:
    return BranchState.SELF_SERVICE if word in ALONE else BranchState.STAFFED


def _other_hours(pieces: tuple[Interval, ...], text: str) -> OtherHours:
    try:
        return OtherHours(pieces)
    except ScheduleError as error:
        raise NotUnderstood(N_("hours in “%(text)s” overlap; let one end before the next begins"), text=text) from error


def _stretch(part: str, text: str) -> tuple[str, Window]:
    matched = _STRETCH.fullmatch(part)
    word = (matched[1] or "") if matched else ""
    if matched is None or word not in {"", *STAFFED, *ALONE, *CLOSED}:
        raise NotUnderstood(N_("“%(text)s” is not understood; write one of: %(known)s"), text=text, known=_KNOWN)
    return word, window_of(_minute(matched[2], matched[3], text), _minute(matched[4], matched[5], text), text)


def window_of(start: int, end: int, text: str) -> Window:
    """The stretch from a minute to another, which is the next day's where it is not the later."""
    if start == 0 and end == 0:
        return ALL_DAY
    if start in (end, MINUTES_A_DAY):
        raise NotUnderstood(N_("“%(text)s” begins and ends at the same time; write hours such as 10-14"), text=text)
    return Window(start, end if end > start else end + MINUTES_A_DAY)


def _minute(hour: str, minute: str | None, text: str) -> int:
    found = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or found > MINUTES_A_DAY:
        raise NotUnderstood(N_("“%(text)s” holds a time that no clock shows; write hours such as 8-20"), text=text)
    return found


def hours_in(text: str) -> Window:
    """The stretch in "10:00-14:00", "8-20". Raises NotUnderstood."""
    word, window = _stretch(_plain(text), text)
    if word:
        raise NotUnderstood(N_("“%(text)s” is no hours; write hours such as 10:00-14:00"), text=text)
    return window


def minute_in(text: str) -> int:
    """The minute of the day in "10:00" or "10". Raises NotUnderstood."""
    matched = re.fullmatch(_TIME, _plain(text))
    if matched is None:
        raise NotUnderstood(N_("“%(text)s” is no time; write it like 10:00"), text=text)
    return _minute(matched[1], matched[2], text)


def with_joined_hours(contents: tuple[Content, ...]) -> tuple[Content, ...]:
    """The same, with several days' hours as one: of two the last would win. Raises NotUnderstood where they overlap."""
    hours = [content for content in contents if isinstance(content, OtherHours)]
    if len(hours) < 2:
        return contents
    pieces = tuple(sorted(piece for content in hours for piece in content.intervals))
    rest = tuple(content for content in contents if not isinstance(content, OtherHours))
    text = ", ".join(f"{wall(piece.start)}-{wall(piece.end)}" for piece in pieces)
    return (*rest, _other_hours(pieces, text))
