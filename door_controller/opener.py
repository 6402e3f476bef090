"""The relay of an automatic opener: it is closed for a moment, and whoever asks for that waits for nothing."""

import asyncio
import logging

from hardware.ports import Relay
from meroppet.runtime.logs import Recurring

logger = logging.getLogger(__name__)


class OpenerRelay:
    """An opener pushes the leaf of a lock that was released. One that is not fitted, or fails, stops nobody."""

    def __init__(self, relay: Relay | None) -> None:
        self._relay = relay
        self._pulses: set[asyncio.Task[None]] = set()
        self._trouble = Recurring(logger, "the door opener")

    def push(self, seconds: float) -> None:
        """Have the leaf pushed; returns at once. Needs a running loop."""
        if self._relay is not None:
            pulse = asyncio.get_running_loop().create_task(self._pulse(self._relay, seconds))
            self._pulses.add(pulse)
            pulse.add_done_callback(self._pulses.discard)

    async def _pulse(self, relay: Relay, seconds: float) -> None:
        try:
            taken = await relay.switch(True)
            await asyncio.sleep(seconds)
            taken = await relay.switch(False) and taken
        except Exception as error:  # noqa: BLE001 (a driver may fail in any way)
            self._trouble.failed(f"{type(error).__name__}: {error}")
        else:
            self._trouble.succeeded() if taken else self._trouble.failed("its relay does not answer")
