"""Opening hours as schema.org JSON-LD: a Library with its usual week, and each deviating day by itself. Pure.

The usual week is what `Hours` says of the branch without exceptions, orders and holidays; a deviating day is one on
which the doors do otherwise, whatever rule says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.hours import Hours
from server.schedules.feed_words import Translate, reason_in, state_word
from server.schedules.feeds import BRANCH_DAYS, Published, alike, midnight, said
from server.schedules.pieces import pieces

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of a day on the wall clock; `closes` not after `opens` is on the next day."""

    opens: str
    closes: str
    state: BranchState
    reasons: tuple[tuple[str, str], ...] = ()

    def is_like(self, other: "Opening") -> bool:
        """Whether only the reasons differ."""
        return (self.opens, self.closes, self.state) == (other.opens, other.closes, other.state)


def library(published: Published, url: str, now: datetime, lang: str, translate: Translate) -> dict[str, Any]:
    """The Library. `url` is the branch's public page."""
    view, hours = published.branch, published.hours
    about = {
        "@context": "https://schema.org",
        "@type": "Library",
        "@id": url,
        "url": url,
        "name": view.name,
        "telephone": view.help_number,
    }
    if hours is None:
        return {**about, "openingHoursSpecification": []}
    today = now.astimezone(hours.zone).date()
    week = usual_week(hours, today)
    named = _Named(lang, translate)
    return {
        **about,
        "openingHoursSpecification": list(_regular(week, named)),
        "specialOpeningHoursSpecification": list(_special(hours, week, today, named)),
    }


def usual_week(hours: Hours, today: date) -> tuple[tuple[Opening, ...], ...]:
    """Monday first: the week and season that hold today, with the host building's usual hours."""
    host = hours.schedule.host and replace(hours.schedule.host, days=(), holidays=())
    plain = Hours(replace(hours.schedule, exceptions=(), orders=(), holidays=(), host=host))
    found: dict[int, tuple[Opening, ...]] = {}
    for more in range(14):
        day = today + more * _DAY
        # Not the day on which the clock is turned: an hour of it is missing or there twice.
        if day.weekday() not in found and midnight(plain, day + _DAY) - midnight(plain, day) == _DAY:
            found[day.weekday()] = openings(plain, day)
    return tuple(found[weekday] for weekday in range(7))


def openings(hours: Hours, day: date) -> tuple[Opening, ...]:
    """What begins on a day, in order; hours over midnight belong to the day on which they begin."""
    found = []
    for piece in pieces(hours, midnight(hours, day), midnight(hours, day + _DAY), alike):
        start, end = piece.start.astimezone(hours.zone), piece.end.astimezone(hours.zone)
        # An event for invited people is no opening to the public.
        if piece.span.state in OPEN and start.date() == day and not piece.span.answer.listed_only:
            whole = (end.date() - day).days == 1 and f"{start:%H:%M}{end:%H:%M}" == "00:0000:00"
            closes = "23:59" if whole else f"{end:%H:%M}"
            found.append(Opening(f"{start:%H:%M}", closes, piece.span.state, said(piece.span)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Named:
    lang: str
    translate: Translate

    def opening(self, opening: Opening, **more: object) -> dict[str, Any]:
        word = state_word(opening.state, self.translate)
        told = {"@type": "OpeningHoursSpecification", "name": word, **more}
        told |= {"opens": opening.opens, "closes": opening.closes}
        reason = reason_in(dict(opening.reasons), self.lang)
        return {**told, "description": reason} if reason else told


def _regular(week: tuple[tuple[Opening, ...], ...], named: _Named) -> Iterator[dict[str, Any]]:
    days: dict[Opening, list[str]] = {}
    for name, day in zip(WEEKDAYS, week, strict=True):
        for opening in day:
            days.setdefault(opening, []).append(f"https://schema.org/{name}")
    for opening, names in days.items():
        yield named.opening(opening, dayOfWeek=names)


def _special(
    hours: Hours, week: tuple[tuple[Opening, ...], ...], today: date, named: _Named
) -> Iterator[dict[str, Any]]:
    for more in range(BRANCH_DAYS):
        day = today + more * _DAY
        now, usual = openings(hours, day), week[day.weekday()]
        if len(now) == len(usual) and all(one.is_like(other) for one, other in zip(now, usual, strict=True)):
            continue
        when = {"validFrom": day.isoformat(), "validThrough": day.isoformat()}
        # Closed all day is said with equal times (developers.google.com, local business).
        for opening in now or (Opening("00:00", "00:00", BranchState.CLOSED),):
            yield named.opening(replace(opening, reasons=opening.reasons or _reasons(hours, day)), **when)


def _reasons(hours: Hours, day: date) -> tuple[tuple[str, str], ...]:
    """Why the day is otherwise: the first public reason."""
    spans = hours.spans(midnight(hours, day), midnight(hours, day + _DAY))
    return next((said(span) for span in spans if said(span)), ())
