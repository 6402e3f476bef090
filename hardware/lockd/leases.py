"""Who holds the strike released, and until when. Pure: the time is an argument, no socket and no line."""

MOST_LEASES = 16


class Leases:
    """Leases by (holder, id), bounded in time and number. The strike is released exactly while one lives."""

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._until: dict[tuple[int, str], float] = {}

    def grant(self, holder: int, lease_id: str, seconds: float, now: float) -> float | None:
        """Start or renew a lease and return its end; None when it is out of bounds."""
        full = len(self._until) >= MOST_LEASES and (holder, lease_id) not in self._until
        if full or not 0 < seconds <= self._max_seconds or not 0 < len(lease_id) <= 64:
            return None
        self._until[holder, lease_id] = now + seconds
        return now + seconds

    def end(self, *, holder: int | None = None, lease_id: str | None = None) -> None:
        """End all leases of a holder who is gone, or a lease whoever holds it: everybody may lock."""
        self._until = {key: end for key, end in self._until.items() if key[0] != holder and key[1] != lease_id}

    def next_end(self, now: float) -> float | None:
        """Forget what has run out; return when the first living lease ends, None when none lives."""
        self._until = {key: end for key, end in self._until.items() if end > now}
        return min(self._until.values(), default=None)
