"""Who may borrow at a kiosk: in memory, by digests under a key of this process. A restart asks for the PIN again."""

import hmac
import secrets
from datetime import datetime, timedelta

from meroppet.rules.credentials import CardNumber, Pin
from meroppet.runtime.clock import Clock

LENDS_FOR = timedelta(hours=1)
"""So long after a right PIN may a kiosk borrow in a patron's name; no visit is longer."""


class Borrowers:
    """The cards and PINs that registers lately called right, each at one device."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: dict[tuple[str, bytes], datetime] = {}

    def was_right_now(self, device: str, register: str, card: CardNumber, pin: Pin) -> None:
        """The register has just called this PIN right at this device."""
        self._right[device, self._digest(register, card, pin)] = self._clock.now()

    def was_right(self, device: str, register: str, card: CardNumber, pin: Pin) -> bool:
        """Whether the register lately called this PIN right at this device: only then may it borrow for the patron."""
        now = self._clock.now()
        # Also what a clock that was set back has dated ahead.
        self._right = {whose: at for whose, at in self._right.items() if abs(now - at) < LENDS_FOR}
        return (device, self._digest(register, card, pin)) in self._right

    def _digest(self, register: str, card: CardNumber, pin: Pin) -> bytes:
        return hmac.digest(self._key, f"{register}\n{card.value}\n{pin.digits}".encode(), "sha256")
