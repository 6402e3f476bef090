"""Who holds which lock released, and until when. Pure: the time is an argument, no socket and no line."""

LONGEST, MOST_LEASES = 10.0, 16
Lease = tuple[str, int, str]
"""Lock, holder, id."""


class Leases:
    """Leases bounded in time and number. A lock is released exactly while one of its lives."""

    def __init__(self) -> None:
        self._until: dict[Lease, float] = {}

    def grant(self, lease: Lease, seconds: float, now: float) -> float:
        """Start or renew a lease and return its end; ValueError when it is out of bounds."""
        full = len(self._until) >= MOST_LEASES and lease not in self._until
        if full or not 0 < seconds <= LONGEST or not 0 < len(lease[2]) <= 64:
            raise ValueError("lease out of bounds")
        self._until[lease] = now + seconds
        return now + seconds

    def end(self, *, holder: int | None = None, lease_id: str | None = None) -> None:
        """End all leases of a holder who is gone, or a lease whoever holds it: everybody may lock."""
        self._until = {key: end for key, end in self._until.items() if key[1] != holder and key[2] != lease_id}

    def living(self, now: float) -> dict[Lease, float]:
        """Forget what has run out; return the leases that live, and their ends."""
        self._until = {key: end for key, end in self._until.items() if end > now}
        return self._until
