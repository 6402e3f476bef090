"""What happens around closing, as it stands in a form. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from meroppet.rules.schedule import ClosingPlan, Schedule
from server.schedules.written import Complaint, Wrong, number_in

CHOICES = (15, 10, 5, 1)
"""Minutes before closing at which libraries announce it."""
BOUNDS = {"last_entry": (1, 120), "gap": (0, 15), "lights": (0, 120), "alarm": (0, 120)}
"""The numbers in the form, and what the rules allow."""


@dataclass(frozen=True, slots=True)
class ClosingDraft:
    """A closing plan as written; an empty number is none."""

    announcements: tuple[int, ...]
    numbers: Mapping[str, str]
    first_person_in: bool = False


def from_form(form: Mapping[str, object]) -> ClosingDraft:
    """The plan in a form's fields announce-MINUTES, the names of BOUNDS, and first_person_in."""
    minutes = [number_in(name.removeprefix("announce-"), 1, 120) for name in form if name.startswith("announce-")]
    return ClosingDraft(
        announcements=_in_order(minute for minute in minutes if minute is not None),
        numbers={name: str(form.get(name, "")).strip()[:20] for name in BOUNDS},
        first_person_in=bool(form.get("first_person_in")),
    )


def _in_order(minutes: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(minutes), reverse=True))


def from_schedule(schedule: Schedule) -> ClosingDraft:
    """The plan as it is now."""
    plan = schedule.closing
    numbers = {name: "" if getattr(plan, name) is None else str(getattr(plan, name)) for name in BOUNDS}
    return ClosingDraft(_in_order(plan.announcements), numbers, schedule.first_person_in)


def choices(draft: ClosingDraft) -> tuple[int, ...]:
    """The announcements to choose among: the usual ones, and any others that are chosen already."""
    return _in_order((*CHOICES, *draft.announcements))


def complaints(draft: ClosingDraft) -> list[Complaint]:
    """Every number that is none, or that the rules do not allow."""
    return [
        Complaint(name, Wrong.NUMBER, text, *BOUNDS[name])
        for name, text in draft.numbers.items()
        if text and number_in(text, *BOUNDS[name]) is None
    ]


def applied(draft: ClosingDraft, schedule: Schedule) -> Schedule:
    """The schedule with this plan."""
    read = {name: number_in(text, *BOUNDS[name]) for name, text in draft.numbers.items()}
    plan = ClosingPlan(
        announcements=draft.announcements,
        last_entry=read["last_entry"],
        gap=read["gap"] or 0,
        lights=read["lights"],
        alarm=read["alarm"],
    )
    return replace(schedule, closing=plan, first_person_in=draft.first_person_in)
