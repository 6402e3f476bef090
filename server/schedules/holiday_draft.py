"""What a branch does on each holiday and eve, as it stands in a form. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from meroppet.rules.intervals import Window
from meroppet.rules.schedule import HolidayRule, Schedule, Treatment
from server.schedules.written import MOST_CHARACTERS, Complaint, Wrong, hours_text, windows_in

WITH_HOURS = frozenset({Treatment.SHORTER, Treatment.SELF_SERVICE_ONLY})


@dataclass(frozen=True, slots=True)
class HolidayLine:
    """One holiday as written: `treatment` is empty where nobody has decided, `hours` is 10.00–15.00 or empty."""

    key: str
    treatment: str = ""
    hours: str = ""


HolidayDraft = tuple[HolidayLine, ...]


def from_form(form: Mapping[str, object], keys: Iterable[str]) -> HolidayDraft:
    """The holidays in a form's fields treat-KEY and hours-KEY."""
    return tuple(HolidayLine(key, _text(form, f"treat-{key}"), _text(form, f"hours-{key}")) for key in keys)


def _text(form: Mapping[str, object], name: str) -> str:
    return str(form.get(name, "")).strip()[:MOST_CHARACTERS]


def from_schedule(schedule: Schedule, keys: Iterable[str]) -> HolidayDraft:
    """The holidays as they are decided now."""
    rules = {rule.key: rule for rule in schedule.holiday_rules}
    return tuple(_line(key, rules.get(key)) for key in keys)


def _line(key: str, rule: HolidayRule | None) -> HolidayLine:
    if rule is None:
        return HolidayLine(key)
    return HolidayLine(key, rule.treatment.value, hours_text((rule.window,)) if rule.window else "")


def edited(draft: HolidayDraft, operation: str, kinds: Mapping[str, str]) -> HolidayDraft:
    """After a button: all-KIND-TREATMENT treats every holiday of a kind alike; anything else changes nothing."""
    verb, _, rest = operation.partition("-")
    kind, _, treatment = rest.partition("-")
    if verb != "all" or treatment not in {*Treatment, ""}:
        return draft
    return tuple(
        replace(line, treatment=treatment, hours=line.hours if treatment in WITH_HOURS else "")
        if kinds.get(line.key) == kind
        else line
        for line in draft
    )


def complaints(draft: HolidayDraft) -> list[Complaint]:
    """Everything that makes no sense, by its field."""
    return [complaint for line in draft for complaint in _of_line(line)]


def _of_line(line: HolidayLine) -> list[Complaint]:
    if line.treatment not in {*Treatment, ""}:
        return [Complaint(f"treat-{line.key}", Wrong.STATE, line.treatment)]
    if line.treatment not in WITH_HOURS:
        # What is left in a field that the choice makes needless is not asked about.
        return []
    windows = windows_in(line.hours)
    if isinstance(windows, Wrong):
        return [Complaint(f"hours-{line.key}", windows, line.hours)]
    if len(windows) > 1 or (not windows and line.treatment == Treatment.SHORTER):
        return [Complaint(f"hours-{line.key}", Wrong.HOURS, line.hours)]
    return []


def applied(draft: HolidayDraft, schedule: Schedule) -> Schedule:
    """The schedule with these rules; those about holidays that the form does not show stay as they are."""
    shown = {line.key for line in draft}
    kept = tuple(rule for rule in schedule.holiday_rules if rule.key not in shown)
    made = tuple(_rule(line) for line in draft if line.treatment)
    return replace(schedule, holiday_rules=(*made, *kept))


def _rule(line: HolidayLine) -> HolidayRule:
    treatment = Treatment(line.treatment)
    windows: tuple[Window, ...] = ()
    if treatment in WITH_HOURS:
        windows = cast(tuple[Window, ...], windows_in(line.hours))
    return HolidayRule(key=line.key, treatment=treatment, window=windows[0] if windows else None)
