"""Who holds the strike released, and until when. Pure: the time is an argument, no socket and no line."""

MOST = 16
"""Live leases at once; a door needs three."""


class Leases:
    """Leases by (holder, id). The strike is released exactly while one lives."""

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._until: dict[tuple[int, str], float] = {}

    def grant(self, holder: int, lease_id: str, seconds: float, now: float) -> float | None:
        """Start or renew a lease and return its end; None when it is not within bounds."""
        full = len(self._until) >= MOST and (holder, lease_id) not in self._until
        if full or not 0 < seconds <= self._max_seconds or not 0 < len(lease_id) <= 64:
            return None
        self._until[holder, lease_id] = now + seconds
        return now + seconds

    def end(self, lease_id: str) -> None:
        """End a lease, whoever holds it: everybody may lock."""
        self._keep({key: until for key, until in self._until.items() if key[1] != lease_id})

    def drop(self, holder: int) -> None:
        """End every lease of a holder who is gone."""
        self._keep({key: until for key, until in self._until.items() if key[0] != holder})

    def live(self, now: float) -> bool:
        """Forget what has run out; say whether a lease lives."""
        self._keep({key: until for key, until in self._until.items() if until > now})
        return bool(self._until)

    def next_end(self) -> float | None:
        """When the first lease runs out."""
        return min(self._until.values(), default=None)

    def _keep(self, until: dict[tuple[int, str], float]) -> None:
        self._until = until
