"""Windows that come back every week, as they are sent: a group's hours, and those of a tag or code."""

from meroppet.rules.weekly import Weekly, require_weekly
from meroppet.wire.written import WEEKDAY_NAMES, Stretches, Written, stretch_of, window_in


class WeeklyDocument(Written):
    """The windows of each day, such as 05:00-07:30; a day that is left out has none."""

    monday: Stretches = ()
    tuesday: Stretches = ()
    wednesday: Stretches = ()
    thursday: Stretches = ()
    friday: Stretches = ()
    saturday: Stretches = ()
    sunday: Stretches = ()

    def meant(self) -> Weekly:
        """Seven days, Monday first. Raises ValueError (ScheduleError) where two windows of a day overlap."""
        days = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        weekly = tuple(tuple(sorted(window_in(text) for text in day)) for day in days)
        require_weekly(weekly, "a week")
        return weekly


def weekly_to_wire(weekly: Weekly) -> WeeklyDocument:
    """The windows as they are sent."""
    days = [tuple(stretch_of(window) for window in windows) for windows in weekly]
    return WeeklyDocument(**dict(zip(WEEKDAY_NAMES, days, strict=True)))
