"""How long a lane may rest: hours change at whole seconds, and the door changes with them."""

from meroppet.runtime.clock import Clock

_AFTER = 0.002
"""A timer may fire a little early; the look is to come after the second, not before."""


def rest(clock: Clock, wanted: float | None, every: float = 1.0) -> float:
    """Seconds until the wall clock's next multiple of `every` seconds, or until `wanted` (monotonic) if that is sooner.

    A change of policy, clock or anything else nobody announces is seen then.
    """
    second = every - clock.now().timestamp() % every + _AFTER
    return second if wanted is None else min(second, max(0.0, wanted - clock.monotonic()))
