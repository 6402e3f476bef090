"""Whether the server can be counted on, by hysteresis: a link that flaps is a lost one, and no flap writes a row.

`answers` is the newest word and may change with every request; `is_up` is what is told and shown.
"""

from collections.abc import Callable

from meroppet.rules.events import Event, LinkLost, LinkRestored
from meroppet.runtime.clock import Clock

LOST_AFTER = 2.0
"""Seconds without an answer, though asked, after which the link is lost."""
STEADY_FOR = 3.0
"""Seconds every question must have been answered before a lost link is back; doubled for each loss soon after."""
STEADY_AT_MOST = 60.0
_SOON = 600.0


class Link:
    """The state of the link. Before the first word about it, it is neither up nor lost."""

    def __init__(self, clock: Clock, told: Callable[[Event], None]) -> None:
        self._clock, self._told = clock, told
        self._again: list[Callable[[], None]] = []
        self._heard_at: float | None = None
        self._failing_since: float | None = None
        self._steady_since: float | None = None
        self._lost_at: float | None = None
        self._steady_for = STEADY_FOR
        self._restored_at: float | None = None

    @property
    def is_up(self) -> bool:
        """Whether the server can be counted on."""
        return self._heard_at is not None and self._lost_at is None

    @property
    def answers(self) -> bool:
        """Whether the server answered when it was last asked."""
        return self._heard_at is not None and self._failing_since is None

    def on_again(self, callback: Callable[[], None]) -> None:
        """Have `callback` called with the first answer after a failure, steady or not."""
        self._again.append(callback)

    def answered(self) -> None:
        """The server has answered, yes or no."""
        now = self._clock.monotonic()
        failed, self._failing_since = self._failing_since is not None, None
        self._heard_at = now
        if failed or self._steady_since is None:
            self._steady_since = now
        self.heard()
        if failed:
            for callback in self._again:
                callback()

    def heard(self) -> None:
        """The server has said something unasked: no answer to any question, but time has passed without trouble."""
        now = self._clock.monotonic()
        is_steady = self._steady_since is not None and now - self._steady_since >= self._steady_for
        if self._lost_at is not None and self.answers and is_steady:
            self._restore(now, self._lost_at)

    def failed(self, silent: float = 0.0) -> None:
        """The server has not answered for so many seconds (0: it was refused or cut at once)."""
        now = self._clock.monotonic()
        began = now - silent if self._heard_at is None else max(now - silent, self._heard_at)
        self._failing_since = began if self._failing_since is None else min(self._failing_since, began)
        if self._lost_at is None and now - self._failing_since >= LOST_AFTER:
            self._lose(now)

    def _lose(self, now: float) -> None:
        is_soon = self._restored_at is not None and now - self._restored_at < _SOON
        self._steady_for = min(self._steady_for * 2, STEADY_AT_MOST) if is_soon else STEADY_FOR
        self._lost_at = now
        self._told(LinkLost())

    def _restore(self, now: float, lost_at: float) -> None:
        self._lost_at, self._restored_at = None, now
        self._told(LinkRestored(round(now - lost_at, 1)))
