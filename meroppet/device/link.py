"""Whether the server answers, told when it changes: one row when the link is lost, one when it is back."""

from collections.abc import Callable

from meroppet.rules.events import Event, LinkLost, LinkRestored
from meroppet.runtime.clock import Clock


class Link:
    """The state of the link. Before the first word about it, it is neither up nor lost."""

    def __init__(self, clock: Clock, told: Callable[[Event], None]) -> None:
        self._clock = clock
        self._told = told
        self._lost_at: float | None = None
        self._known = False

    @property
    def is_up(self) -> bool:
        """Whether the server answered when it was last asked."""
        return self._known and self._lost_at is None

    def answered(self) -> None:
        """The server has answered, yes or no."""
        self._known = True
        if self._lost_at is not None:
            away, self._lost_at = self._clock.monotonic() - self._lost_at, None
            self._told(LinkRestored(round(away, 1)))

    def failed(self) -> None:
        """The server has not answered."""
        self._known = True
        if self._lost_at is None:
            self._lost_at = self._clock.monotonic()
            self._told(LinkLost())
