"""What the demo's libraries have decided for days to come, seen from the day it is seeded: invented, but likely."""

from datetime import date, timedelta

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Event,
    ExceptionDay,
    Level,
    NoSelfService,
    NotBefore,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import MINUTES_A_DAY, Interval, Window

MONDAY, THURSDAY, FRIDAY = 0, 3, 4


def decisions(today: date) -> dict[str, ScheduleException]:
    """Exceptions by where they are decided: a consortium, a municipality and a branch, at different levels.

    None of them holds on the day itself, so that a demo just begun is as any day.
    """
    return {
        "bergslagsbibblan": _system_change(_coming(today + timedelta(days=14), MONDAY)),
        "vastmanland": _meeting(_coming(today + timedelta(days=14), MONDAY)),
        "nora": _training_day(_coming(today + timedelta(days=5), FRIDAY)),
        "nora-bibliotek": _reading(_coming(today + timedelta(days=1), THURSDAY)),
        "skiljebo": _reading(_coming(today + timedelta(days=1), THURSDAY)),
    }


def _coming(earliest: date, weekday: int) -> date:
    """The first such day of the week from a day on."""
    return earliest + timedelta(days=(weekday - earliest.weekday()) % 7)


def _system_change(monday: date) -> ScheduleException:
    """Everybody's library system is changed in one week, as Bergslagsbibblan's was in week 15 of 2025."""
    tuesday, thursday, friday = (monday + timedelta(days=days) for days in (1, 3, 4))
    evening = Window(15 * 60, MINUTES_A_DAY)
    return ScheduleException(
        id="systembyte",
        level=Level.CONSORTIUM,
        title="Byte av bibliotekssystem",
        reasons=(
            ("sv", "Vi byter bibliotekssystem."),
            ("en", "We are changing our library system."),
        ),
        days=(
            ExceptionDay(first=monday, last=monday, contents=(NoSelfService(evening),)),
            ExceptionDay(first=tuesday, last=thursday, contents=(Closed(),)),
            ExceptionDay(first=friday, last=friday, contents=(NotBefore(10 * 60),)),
        ),
        decided_by="Bergslagsbibblans styrgrupp",
    )


def _meeting(monday: date) -> ScheduleException:
    return ScheduleException(
        id="biblioteksdag",
        level=Level.CONSORTIUM,
        title="Gemensam biblioteksdag",
        reasons=(("sv", "Vi träffas alla bibliotek i länet."), ("en", "All libraries of the county meet.")),
        days=(ExceptionDay(first=monday, last=monday, contents=(NotBefore(13 * 60),)),),
        decided_by="Biblioteken i Västmanlands styrgrupp",
    )


def _training_day(friday: date) -> ScheduleException:
    alone = Interval(8 * 60, 22 * 60, BranchState.SELF_SERVICE)
    return ScheduleException(
        id="personaldag",
        level=Level.MUNICIPALITY,
        title="Personaldag",
        reasons=(
            ("sv", "Personalen utbildas, men det är meröppet."),
            ("en", "Staff are in training: self-service only."),
        ),
        days=(ExceptionDay(first=friday, last=friday, contents=(OtherHours((alone,)),)),),
        decided_by="Bibliotekschefen",
    )


def _reading(thursday: date) -> ScheduleException:
    return ScheduleException(
        id="forfattarkvall",
        level=Level.BRANCH,
        title="Författarkväll",
        reasons=(("sv", "Författarkväll med högläsning."), ("en", "An author reads to us.")),
        days=(ExceptionDay(first=thursday, last=thursday, contents=(Event(Window(18 * 60, 20 * 60)),)),),
        decided_by="Biblioteket",
    )
