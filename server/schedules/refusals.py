"""Why a change of hours is not made. Whoever shows it makes the sentence; the text here is for logs and commands."""

from datetime import datetime
from enum import StrEnum

from meroppet.rules.exceptions import Level
from meroppet.rules.provenance import Rule


class Refused(StrEnum):
    """Why not."""

    UNKNOWN = "unknown"
    STALE = "stale"
    CHANGED_SINCE = "changed_since"
    TAKEN = "taken"
    NO_HOURS = "no_hours"
    NOT_OPEN_TODAY = "not_open_today"
    NOT_LATER = "not_later"
    KEPT_CLOSED = "kept_closed"
    CLOSED_WIDER = "closed_wider"
    NOT_CLOSED = "not_closed"
    PAST = "past"


_SENTENCES = {
    Refused.UNKNOWN: "There is no such thing here any more",
    Refused.STALE: "Somebody else has changed this meanwhile; look at the new version first",
    Refused.CHANGED_SINCE: "This has been changed again since, so it cannot be undone; change it anew instead",
    Refused.TAKEN: "This id is taken on another level; choose another id",
    Refused.NO_HOURS: "The branch has no hours yet; say its week first",
    Refused.NOT_OPEN_TODAY: "The branch is not open at all today, so there is nothing to extend",
    Refused.NOT_LATER: "This is not later than the branch closes anyway",
    Refused.KEPT_CLOSED: "A rule would keep the branch closed all the same",
    Refused.CLOSED_WIDER: "It is not this branch that has closed; whoever has must open again",
    Refused.NOT_CLOSED: "The branch has no order that could be taken back",
    Refused.PAST: "This moment has passed",
}


class ScheduleRefusal(ValueError):
    """A change that is not made, with nothing written.

    `rule` is the rule that stands in the way, `level` whose it is, `at` from when; each where it says something.
    """

    def __init__(
        self, reason: Refused, *, rule: Rule | None = None, level: Level | None = None, at: datetime | None = None
    ) -> None:
        self.reason = reason
        self.rule = rule
        self.level = level or (rule.level if rule else None)
        self.at = at
        super().__init__(_SENTENCES[reason] + (f" ({rule})" if rule else "") + (f", from {at}" if at else ""))
