"""What a branch is at a moment: staffed, self-service, closed, or one of these with something laid over it."""

from enum import StrEnum


class BranchState(StrEnum):
    """The states of a branch; the way out is open in all of them.

    The last three are laid over whatever is beneath: an event (free entry, or a list), maintenance and an emergency
    (listed credentials only).
    """

    STAFFED = "staffed"
    SELF_SERVICE = "self_service"
    CLOSED = "closed"
    EVENT = "event"
    MAINTENANCE = "maintenance"
    EMERGENCY_CLOSED = "emergency_closed"


OPEN = frozenset({BranchState.STAFFED, BranchState.SELF_SERVICE, BranchState.EVENT})
"""The states in which people may be inside."""


class ClockTrust(StrEnum):
    """Where a device's time comes from, worst first: a clock may stand still, start in the past, or be turned."""

    NONE = "none"
    RTC = "rtc"
    NTP = "ntp"
    SIGNED = "signed"


def knows_the_hour(trust: ClockTrust) -> bool:
    """Whether a schedule may be applied: a clock nobody vouches for does not know the hour."""
    return trust is not ClockTrust.NONE
