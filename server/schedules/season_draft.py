"""A season as it stands in a form: its name, its days of the year and a week of its own. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from meroppet.rules.schedule import Schedule, Season
from server.schedules import drafts
from server.schedules.drafts import Draft
from server.schedules.written import MOST_CHARACTERS, Complaint, Wrong, date_in, number_in

MONTHS = range(1, 13)
FIELDS = ("name", "first-day", "first-month", "last-day", "last-month", "from", "until")
NEW = "new"
"""In an address: a season that is yet to be."""
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class SeasonDraft:
    """A season as written. `written` has the FIELDS; `id` is empty for one that is new; `removed`: it shall not be."""

    id: str = ""
    written: Mapping[str, str] = field(default_factory=dict)
    week: Draft = field(default_factory=Draft)
    removed: bool = False

    def edited(self, operation: str) -> "SeasonDraft":
        """After a button: remove (the season), or one of the week's."""
        return replace(self, week=self.week.edited(operation), removed=self.removed or operation == "remove")


def from_form(form: Mapping[str, object], season_id: str) -> SeasonDraft:
    """The season in a form's fields."""
    written = {name: str(form.get(name, "")).strip()[:MOST_CHARACTERS] for name in FIELDS}
    return SeasonDraft(season_id, written, drafts.from_form(form), form.get("remove") == "yes")


def from_season(season: Season) -> SeasonDraft:
    """The season as it is now."""
    written = {
        "name": season.name,
        "first-day": str(season.first[1]),
        "first-month": str(season.first[0]),
        "last-day": str(season.last[1]),
        "last-month": str(season.last[0]),
        "from": season.valid_from.isoformat() if season.valid_from else "",
        "until": season.valid_until.isoformat() if season.valid_until else "",
    }
    return SeasonDraft(season.id, written, drafts.from_week(season.weekly))


def fresh(schedule: Schedule) -> SeasonDraft:
    """A new season: the ordinary week, to be changed."""
    empty = dict.fromkeys(FIELDS, "")
    months = {"first-day": "1", "first-month": "6", "last-day": "31", "last-month": "8"}
    return SeasonDraft("", {**empty, **months}, drafts.from_week(schedule.weekly))


def complaints(draft: SeasonDraft) -> list[Complaint]:
    """Everything that makes no sense, in the order of the form; nothing of a season that shall not be."""
    written = draft.written
    if draft.removed:
        return []
    found = [] if written["name"] else [Complaint("name", Wrong.MISSING)]
    for end in ("first", "last"):
        if _day_of_year(written, end) is None:
            value = f"{written[f'{end}-day']}/{written[f'{end}-month']}"
            found.append(Complaint(f"{end}-day", Wrong.DATE, value))
    found += [
        Complaint(name, Wrong.DATE, written[name])
        for name in ("from", "until")
        if written[name] and date_in(written[name]) is None
    ]
    first, last = date_in(written["from"]), date_in(written["until"])
    if first and last and last < first:
        found.append(Complaint("until", Wrong.ORDER, written["until"]))
    return found + drafts.complaints(draft.week)


def _day_of_year(written: Mapping[str, str], end: str) -> tuple[int, int] | None:
    month, day = number_in(written[f"{end}-month"], 1, 12), number_in(written[f"{end}-day"], 1, 31)
    if month is None or day is None:
        return None
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        return None
    return month, day


def applied(draft: SeasonDraft, schedule: Schedule) -> Schedule:
    """The schedule with this season in its place, last if new, or without it if it shall not be.

    Raises ValueError where `complaints` would complain.
    """
    if draft.removed:
        return replace(schedule, seasons=tuple(season for season in schedule.seasons if season.id != draft.id))
    taken = {NEW, *(season.id for season in schedule.seasons)}
    season = _season(draft, draft.id or _new_id(draft.written["name"], taken))
    if draft.id:
        kept = tuple(season if old.id == season.id else old for old in schedule.seasons)
        return replace(schedule, seasons=kept)
    return replace(schedule, seasons=(*schedule.seasons, season))


def _season(draft: SeasonDraft, season_id: str) -> Season:
    first, last = _day_of_year(draft.written, "first"), _day_of_year(draft.written, "last")
    if first is None or last is None:
        raise ValueError("a season without its days; look at complaints first")
    return Season(
        id=season_id,
        name=draft.written["name"],
        first=first,
        last=last,
        weekly=drafts.week_in(draft.week),
        valid_from=date_in(draft.written["from"]),
        valid_until=date_in(draft.written["until"]),
    )


def _new_id(name: str, taken: Collection[str]) -> str:
    """An id that says which season it is (`sommar`), as it is printed by every answer that the season gave."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    base = "-".join(re.findall("[a-z0-9]+", plain))[:40] or "season"
    return next(
        found
        for number in range(1, len(taken) + 2)
        if (found := base if number == 1 else f"{base}-{number}") not in taken
    )
