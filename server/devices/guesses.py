"""Wrong PINs counted at the server too: a stolen device keeps no count, and a card is carried from door to door.

In memory, by digests under a key of this process: nothing of a patron is stored, and a restart forgives.
"""

import hmac
import secrets
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.pin import Outcome, card_locked, door_locked
from meroppet.runtime.clock import Clock

LOOKS_BACK = timedelta(hours=24)
LENDS_FOR = timedelta(hours=1)
"""So long after a right PIN may a kiosk borrow in a patron's name; no visit is longer."""


@dataclass(frozen=True, slots=True)
class Try:
    """A card and PIN tried at a device, counted as wrong until it is settled."""

    device: str
    card: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    at: datetime


class Guesses:
    """The caps of the rules, held over each device and over each card of a register."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._of_device: dict[Hashable, list[datetime]] = {}
        self._of_card: dict[Hashable, list[datetime]] = {}
        self._right: dict[tuple[str, bytes], datetime] = {}

    def begin(self, device: str, register: str, card: CardNumber, pin: Pin) -> Try | None:
        """Count a try before the register is asked, or None: the device or the card has been wrong too often."""
        self._forget()
        made = self._try(device, register, card, pin)
        if door_locked(self._of_device.get(device, ()), made.at) or card_locked(
            self._of_card.get(made.card, ()), made.at
        ):
            return None
        self._of_device.setdefault(device, []).append(made.at)
        self._of_card.setdefault(made.card, []).append(made.at)
        return made

    def settle(self, made: Try, outcome: Outcome) -> None:
        """Say how a try turned out; a right PIN clears the card's count, not the device's."""
        if outcome is Outcome.WRONG:
            return
        _discard(self._of_device, made.device, made.at)
        _discard(self._of_card, made.card, made.at)
        if outcome is Outcome.RIGHT:
            self._of_card.pop(made.card, None)
            self._right[made.device, made.secret] = made.at

    def was_right(self, device: str, register: str, card: CardNumber, pin: Pin) -> bool:
        """Whether the register lately called this PIN right at this device: only then may it borrow for the patron."""
        self._forget()
        return (device, self._try(device, register, card, pin).secret) in self._right

    def _try(self, device: str, register: str, card: CardNumber, pin: Pin) -> Try:
        return Try(
            device,
            card=self._digest("card", register, card.value),
            secret=self._digest("secret", register, card.value, pin.digits),
            at=self._clock.now(),
        )

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\n".join(parts).encode(), "sha256")

    def _forget(self) -> None:
        now = self._clock.now()
        for counted in (self._of_device, self._of_card):
            for whose in [whose for whose, made in counted.items() if not made or now - made[-1] > LOOKS_BACK]:
                del counted[whose]
        # Also what a clock that was set back has dated ahead.
        self._right = {whose: at for whose, at in self._right.items() if abs(now - at) < LENDS_FOR}


def _discard(counted: dict[Hashable, list[datetime]], whose: Hashable, at: datetime) -> None:
    made = counted.get(whose, [])
    if at in made:
        made.remove(at)
