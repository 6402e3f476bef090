"""How many people are inside by this door's own journal: what is on disk counts, so that no restart forgets anybody."""

import logging

from meroppet.device.errors import StoreFailed
from meroppet.device.journal import Journal
from meroppet.rules.occupancy import Counted, count
from meroppet.runtime.logs import Recurring

logger = logging.getLogger(__name__)


class Occupancy:
    """Asked before each verdict of a branch that has a maximum. Nobody knows (None) until the journal was read."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._counted: Counted | None = None
        self._trouble = Recurring(logger, "the count of those inside")

    @property
    def inside(self) -> int | None:
        """How many, when it was last looked; None: it is not known, so that a branch with a maximum is full."""
        return None if self._counted is None else self._counted.inside

    async def look(self) -> None:
        """Count the rows that were written since the last look."""
        known = self._counted or Counted()
        try:
            self._counted = count(known, await self._journal.passages(known.through))
        except StoreFailed as error:
            # Whoever cannot be counted might be one too many.
            self._counted = None
            self._trouble.failed(str(error))
        else:
            self._trouble.succeeded()
