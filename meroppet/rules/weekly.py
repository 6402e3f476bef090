"""Windows that come back every week on the wall clock: a group's own hours, and when a tag or code holds."""

from datetime import datetime

from meroppet.rules.intervals import MINUTES_A_DAY, WEEKDAYS, ScheduleError, Window, require_apart

Weekly = tuple[tuple[Window, ...], ...]
"""Seven days, Monday first, each its windows in order; a day without a window holds nothing."""

NEVER: Weekly = ((),) * len(WEEKDAYS)


def require_weekly(weekly: Weekly, where: str) -> None:
    """Raise ScheduleError unless there are seven days, in none of which two windows overlap; `where` is named."""
    if len(weekly) != len(WEEKDAYS):
        raise ScheduleError(f"{where}: a week has seven days, not {len(weekly)}")
    for windows in weekly:
        require_apart(windows, where)


def is_within(weekly: Weekly, local: datetime) -> bool:
    """Whether the branch's local time lies in a window, of this day or over midnight from the day before."""
    minute = local.hour * 60 + local.minute
    today, yesterday = weekly[local.weekday()], weekly[local.weekday() - 1]
    return any(window.start <= minute < window.end for window in today) or any(
        window.start <= minute + MINUTES_A_DAY < window.end for window in yesterday
    )
