"""The kiosk's ports joined to the device: its journal, its counters, and the branch as its replica knows it."""

import logging
from typing import Any

from kiosk.ports import Branch, Counted
from meroppet.device.device import Device
from meroppet.device.errors import StoreFailed
from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import Event
from meroppet.rules.pin import Outcome
from meroppet.runtime.logs import Recurring

logger = logging.getLogger(__name__)


class DeviceJournal:
    """The device's journal; who it concerned is the keyed digest of the card."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._trouble = Recurring(logger, "journal")

    async def record(self, event: Event, card: CardNumber | None) -> bool:
        """Whether the row is on disk."""
        subject = self._device.digest(card) if card else None
        try:
            await self._device.journal.write(event, subject or "")
        except StoreFailed as error:
            self._trouble.failed(str(error))
            return False
        self._trouble.succeeded()
        return True


class DeviceAttempts:
    """The device's counters; they go by the digest of the card as read, and by the kiosk as a whole."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def count(self, attempt: str, card: CardNumber) -> Counted:
        """Counted only if the caps allow it and it is on disk; without the branch's key nobody can be told apart."""
        digest = self._device.digest(card)
        if digest is None:
            return Counted.UNCOUNTED
        try:
            if await self._is_locked(digest):
                return Counted.LOCKED
            await self._device.attempts.count(attempt, digest)
        except StoreFailed:
            return Counted.UNCOUNTED
        return Counted.COUNTED

    async def settle(self, attempt: str, outcome: Outcome) -> None:
        """An outcome that cannot be stored leaves the attempt counted as open: the caps stay on the safe side."""
        try:
            await self._device.attempts.settle(attempt, outcome)
        except StoreFailed as error:
            logger.error("an attempt's outcome is not stored", extra={"why": error})

    async def _is_locked(self, digest: str) -> bool:
        replica = self._device.replica
        acknowledged = replica.acknowledged(self._device.identity.device)
        return await self._device.attempts.gate(digest, replica.lock(digest), acknowledged) is not None


class DeviceSurroundings:
    """The branch as the replica knows it. Read at every look at the screen, so it is kept until something changes."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._seen: tuple[Any, ...] = ()
        self._branch = Branch()

    def branch(self) -> Branch:
        """The branch now."""
        document, hours = self._device.replica.branch(), self._device.replica.hours()
        if document is not None and (document, hours) != self._seen:
            self._seen = (document, hours)
            self._branch = Branch(
                name=document.name,
                consortium=document.consortium,
                help_number=document.help_number,
                zone=document.zone,
                theme=document.accent or "meroppet",
                hours=hours,
            )
        return self._branch

    def linked(self) -> bool:
        """Whether the register can be asked: the server answers and has given the branch's keys."""
        return self._device.link.is_up and self._device.keys is not None
