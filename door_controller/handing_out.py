"""A tag that staff hand out at this door: while they wait for one, what is read is reported and opens nothing."""

import asyncio

from door_controller.face import Face
from door_controller.wording import DisplayText
from hardware.ports import Tone
from meroppet.device.device import Device
from meroppet.device.tag_reading import TagReading
from meroppet.rules.card_formats import Unfit
from meroppet.rules.credentials import CardNumber
from meroppet.wire.commands import Order
from meroppet.wire.passes import TagOutcome

SHOWN_FOR = 5.0
"""Seconds."""


class HandingOut:
    """Begun by an order; ends with a tag that was taken, or with the order's time."""

    def __init__(self, device: Device, face: Face) -> None:
        self._reading, self._face = TagReading(device.channel, device.clock), face
        self._clock = device.clock
        self._told: tuple[DisplayText, float] | None = None
        self._reports: set[asyncio.Task[None]] = set()

    @property
    def is_waiting(self) -> bool:
        """Whether the next tag is to be reported and not to be let in."""
        return self._reading.is_waiting

    @property
    def display(self) -> DisplayText | None:
        """What the display says of it in place of resting, if anything."""
        if self._told is not None and self._clock.monotonic() < self._told[1]:
            return self._told[0]
        return self._face.words.handing_out() if self.is_waiting else None

    def begin(self, order: Order) -> None:
        """Wait for a tag."""
        self._reading.begin(order)
        self._told = None
        self._face.show(self._face.words.handing_out(), Tone.CHIME)

    def read(self, what: CardNumber | Unfit) -> None:
        """A tag was held to the reader; nobody waits for the server meanwhile. Needs a running loop."""
        report = asyncio.get_running_loop().create_task(self._report(what))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def _report(self, what: CardNumber | Unfit) -> None:
        done = await self._reading.report(what) is TagOutcome.DONE
        self._told = self._face.words.handed_out(done=done), self._clock.monotonic() + SHOWN_FOR
        self._face.show(self._told[0], Tone.RISING if done else Tone.FALLING)
