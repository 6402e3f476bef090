"""What a branch is at a moment: staffed, self-service or closed."""

from enum import StrEnum


class BranchState(StrEnum):
    """The three states of a branch; the way out is open in all of them."""

    STAFFED = "staffed"
    SELF_SERVICE = "self_service"
    CLOSED = "closed"


class ClockTrust(StrEnum):
    """Where a device's time comes from, worst first: a clock may stand still, start in the past, or be turned."""

    NONE = "none"
    RTC = "rtc"
    NTP = "ntp"
    SIGNED = "signed"


def knows_the_hour(trust: ClockTrust) -> bool:
    """Whether a schedule may be applied: a clock nobody vouches for does not know the hour."""
    return trust is not ClockTrust.NONE
