"""The library system of the simulation: who has which card and PIN, and what it has said of them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum

from meroppet.ils.fake import FakeIls
from meroppet.ils.library import Library
from meroppet.ils.library_records import Patron
from meroppet.ils.ports import PatronAnswer, PatronReason, UnavailableCause
from meroppet.rules.pin import PinAnswer


class RegisterFault(StrEnum):
    """What can be wrong with a register, as its client tells it."""

    NONE = "none"
    HANG = "hang"
    SLOW = "slow"
    CLOSED = "closed"
    WRONG_PATRON = "wrong-patron"
    MALFORMED = "malformed"


class SimLibrary(Library):
    """A library that remembers which PINs it was shown, and when."""

    def __init__(self, patrons: Iterable[Patron], today: Callable[[], date], now: Callable[[], float]) -> None:
        super().__init__(patrons, [], today)
        self._now = now
        self.right: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
        """By card: when its PIN was right, and whether anything stood against its holder."""
        self.wrong: defaultdict[str, list[float]] = defaultdict(list)

    def check_pin(self, patron: Patron, pin: str) -> PinAnswer:
        """See `Library`."""
        said = super().check_pin(patron, pin)
        if said is PinAnswer.RIGHT:
            self.right[patron.card].append((self._now(), patron.debarred is None and not patron.lost))
        else:
            self.wrong[patron.card].append(self._now())
        return said


class SimRegister(FakeIls):
    """The way to it without SIP2."""

    def __init__(self, library: SimLibrary, branch: str) -> None:
        super().__init__(library, branch)
        self.library = library
        self.fault = RegisterFault.NONE
        self.health = None

    async def patron(self, card: str, pin: str | None) -> PatronAnswer:
        """See `Ils`; as the client answers whose register is like this."""
        match self.fault:
            case RegisterFault.HANG:
                await asyncio.Event().wait()
            case RegisterFault.SLOW:
                await asyncio.sleep(1.4)
            case RegisterFault.CLOSED:
                return _unavailable(UnavailableCause.CLOSED)
            case RegisterFault.MALFORMED:
                await super().patron(card, pin)
                return _unavailable(UnavailableCause.MALFORMED)
            case RegisterFault.WRONG_PATRON:
                await super().patron(card, pin)
                return _unavailable(UnavailableCause.WRONG_PATRON)
            case _:
                await asyncio.sleep(0.05)
        return await super().patron(card, pin)

    async def close(self) -> None:
        """See `Ils`."""


def _unavailable(cause: UnavailableCause) -> PatronAnswer:
    return PatronAnswer(PinAnswer.UNAVAILABLE, PatronReason.UNAVAILABLE, cause=cause)
