"""Which rules speak of one local day, strongest first: openings as claims, restrictions as cuts. Used by hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    Level,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import MINUTES_A_DAY, Day, Window
from meroppet.rules.provenance import Rule, RuleKind
from meroppet.rules.schedule import HolidayRule, HostHours, Schedule, Treatment

Piece = tuple[int, int, BranchState]
"""Start and end in minutes, and the state in between."""

LEVELS = {level: rank for rank, level in enumerate(Level)}
WEEK, HOST = Rule(RuleKind.WEEK), Rule(RuleKind.HOST)
_STRICTNESS = {treatment: rank for rank, treatment in enumerate(Treatment)}


@dataclass(frozen=True, slots=True)
class Claim:
    """An opening that speaks of a day: of all of it (`whole`), or within its pieces only."""

    rule: Rule
    pieces: tuple[Piece, ...]
    whole: bool
    listed_only: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A restriction: in the window the branch is in `state`, or (`spares_staff`) closed but for staff and events."""

    rule: Rule
    window: Window
    state: BranchState = BranchState.CLOSED
    spares_staff: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DayRules:
    """What speaks of one day, and of the hours after midnight that belong to it. One object for days that are alike.

    `host` is None where no building restricts the branch. `edges` are the minutes at which something begins or ends;
    `goes_on`: some of it is about the night after the day.
    """

    claims: tuple[Claim, ...]
    cuts: tuple[Cut, ...]
    host: tuple[Window, ...] | None
    edges: frozenset[int]
    goes_on: bool


Said = tuple[tuple[ScheduleException, tuple[Content, ...]], ...]
"""What exceptions say of one day, in the order they are listed."""


def rules_of(schedule: Schedule, day: date, keys: tuple[str, ...], said: Said) -> DayRules:
    """The rules for a day, which is the holidays `keys` and of which exceptions say this."""
    claims = (*sorted(_claims(said), key=_precedence), *_patterns(schedule, day, keys))
    cuts, host = tuple(_cuts(said)), _host(schedule.host, day, keys)
    edges = frozenset(_edges(claims, (*(cut.window for cut in cuts), *(host or ()))))
    return DayRules(claims, cuts, host, edges, max(edges, default=0) > MINUTES_A_DAY)


def _edges(claims: tuple[Claim, ...], windows: tuple[Window, ...]) -> Iterator[int]:
    is_decided = False
    for claim in claims:
        # What speaks of the whole day after another that does is beaten throughout.
        for start, end, _ in () if is_decided and claim.whole else claim.pieces:
            yield from (start, end)
        is_decided = is_decided or claim.whole
    for window in windows:
        yield from (window.start, window.end)


def _precedence(claim: Claim) -> tuple[int, bool]:
    # At one level what only adds comes before what replaces the day, or an event would vanish in it.
    return LEVELS[claim.rule.level], claim.whole


def _rule(exception: ScheduleException) -> Rule:
    return Rule(RuleKind.EXCEPTION, exception.id, exception.level, exception.reasons)


def _claims(said: Said) -> Iterator[Claim]:
    for exception, contents in reversed(said):
        for content in reversed(contents):
            match content:
                case OtherHours(intervals):
                    yield Claim(_rule(exception), _pieces(intervals), whole=True)
                case MoreHours(intervals):
                    yield Claim(_rule(exception), _pieces(intervals), whole=False)
                case Event(window, listed_only):
                    piece = (window.start, window.end, BranchState.EVENT)
                    yield Claim(_rule(exception), (piece,), whole=False, listed_only=listed_only)
                case _:
                    pass


def _pieces(intervals: Day) -> tuple[Piece, ...]:
    return tuple((interval.start, interval.end, interval.state) for interval in intervals)


def _cuts(said: Said) -> Iterator[Cut]:
    for exception, contents in reversed(said):
        for content in contents:
            match content:
                case Closed(window):
                    yield Cut(_rule(exception), window)
                case NotBefore(minute):
                    yield Cut(_rule(exception), Window(0, minute))
                case NotAfter(minute):
                    yield Cut(_rule(exception), Window(minute, MINUTES_A_DAY))
                case NoSelfService(window):
                    yield Cut(_rule(exception), window, spares_staff=True)
                case Maintenance(window):
                    yield Cut(_rule(exception), window, BranchState.MAINTENANCE)
                case _:
                    pass


def _patterns(schedule: Schedule, day: date, keys: tuple[str, ...]) -> Iterator[Claim]:
    seasons = [season for season in reversed(schedule.seasons) if season.covers(day)]
    usual = [Claim(Rule(RuleKind.SEASON, season.id), _pieces(season.weekly[day.weekday()]), True) for season in seasons]
    usual.append(Claim(WEEK, _pieces(schedule.weekly[day.weekday()]), True))
    yield from _holiday(schedule, keys, usual[0])
    yield from usual


def _holiday(schedule: Schedule, keys: tuple[str, ...], usual: Claim) -> Iterator[Claim]:
    rules = [rule for rule in schedule.holiday_rules if rule.key in keys and rule.treatment is not Treatment.AS_USUAL]
    if not rules:
        return
    # A day may be two at once (a national day on a Whitsun eve); then both hold, and the stricter gives its name.
    rules.sort(key=lambda rule: _STRICTNESS[rule.treatment])
    pieces = usual.pieces
    for rule in rules:
        pieces = tuple(_treated(pieces, rule))
    for rule in reversed(rules):
        yield Claim(Rule(RuleKind.HOLIDAY, rule.key), pieces, whole=True)


def _treated(pieces: tuple[Piece, ...], rule: HolidayRule) -> Iterator[Piece]:
    for start, end, state in pieces if rule.treatment is not Treatment.CLOSED else ():
        # Without hours of its own a holiday leaves those over midnight as they are.
        first, last = (max(start, rule.window.start), min(end, rule.window.end)) if rule.window else (start, end)
        if first < last:
            alone = rule.treatment is Treatment.SELF_SERVICE_ONLY
            yield first, last, BranchState.SELF_SERVICE if alone else state


def _host(host: HostHours | None, day: date, keys: tuple[str, ...]) -> tuple[Window, ...] | None:
    if host is None:
        return None
    dated = next((days.windows for days in reversed(host.days) if days.first <= day <= days.last), None)
    if dated is not None:
        return dated
    holidays = [windows for key, windows in host.holidays if key in keys]
    return reduce(_common, holidays) if holidays else host.weekly[day.weekday()]


def _common(some: tuple[Window, ...], others: tuple[Window, ...]) -> tuple[Window, ...]:
    """Where both are: shut on one of two holidays is shut."""
    pairs = ((max(one.start, two.start), min(one.end, two.end)) for one in some for two in others)
    return tuple(Window(start, end) for start, end in pairs if start < end)
