"""How long a lane may rest: hours change at whole seconds, and the door changes with them."""

from meroppet.runtime.clock import Clock

LOOK_EVERY = 1.0
"""Seconds at most until a change of policy, clock or anything else nobody announces is seen."""
_AFTER = 0.002
"""A timer may fire a little early; the look is to come after the second, not before."""


def rest(clock: Clock, wanted: float | None) -> float:
    """Seconds until the next whole second of the wall clock, or until `wanted` (monotonic) where that comes first."""
    second = LOOK_EVERY - clock.now().microsecond / 1_000_000 + _AFTER
    return second if wanted is None else min(second, max(0.0, wanted - clock.monotonic()))
