"""The kiosk's composition root: settings in, one kiosk out. Read this first."""

import secrets
from dataclasses import dataclass

from starlette.applications import Starlette

from kiosk.agreements import RemoteAgreements
from kiosk.fittings import Fittings, open_fittings
from kiosk.listening import Listening
from kiosk.session import SessionShell, Surfaces
from kiosk.settings import KioskSettings
from kiosk.surroundings import DeviceAttempts, DeviceJournal, DeviceSurroundings
from kiosk.web.rendering import Rendering
from kiosk.web.routes import create_app
from meroppet.device.device import Device, DeviceSettings, open_device
from meroppet.device.sync import Wellbeing
from meroppet.device.tag_reading import TagReading
from meroppet.ils.remote import RemoteIls
from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import Clock, SystemClock, VirtualClock
from meroppet.wire.commands import Action, Order
from meroppet.wire.enrolment import DeviceKind

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Everything of one kiosk, joined and not yet running."""

    device: Device
    fittings: Fittings
    session: SessionShell
    listening: Listening
    journal: DeviceJournal
    web: Starlette

    async def close(self) -> None:
        """Let go of devices and files."""
        await self.fittings.close()
        await self.device.close()


def clock(settings: KioskSettings) -> Clock:
    """The chosen clock. The machine's own knows the hour only when the server vouches for it."""
    if settings.clock_offset_file is not None and settings.clock == "virtual":
        return VirtualClock(settings.clock_offset_file)
    return SystemClock(ClockTrust.NONE)


def build(settings: KioskSettings, version: str) -> Kiosk:
    """The kiosk, ready to run (needs a running loop).

    Raises DriverError for hardware that cannot be opened, NotEnrolled for a device that belongs to no branch.
    """
    fittings = open_fittings(settings.drivers())
    listening: Listening

    async def report() -> Wellbeing:
        return Wellbeing(readers_lost=listening.lost)

    folder = DeviceSettings(state_dir=settings.state_dir)
    tags: TagReading

    def take(order: Order) -> None:
        # There is no door here to open: a tag to be handed out is all that can be asked of a kiosk.
        if order.action is Action.READ_TAG:
            tags.begin(order)

    device = open_device(folder, DeviceKind.KIOSK, clock(settings), version=version, on_order=take, report=report)
    tags = TagReading(device.channel, device.clock)
    journal, surroundings = DeviceJournal(device), DeviceSurroundings(device)
    ils = RemoteIls(device.channel, _new_token)
    agreements = RemoteAgreements(device.channel, _new_token)
    attempts = DeviceAttempts(device)
    surfaces = Surfaces(ils, journal, attempts, surroundings, device.clock, fittings.sounder, agreements)
    session = SessionShell(surfaces, _new_token)
    listening = Listening(fittings, session, journal, tags, device.replica.cards)
    rendering = Rendering(session, surroundings, device.clock, keypad=fittings.keypad is not None)
    web = create_app(session, rendering, settings.panel.panel(), LOCAL_NAMES | {settings.listen.host})
    return Kiosk(device, fittings, session, listening, journal, web)


def _new_token() -> str:
    return secrets.token_hex(8)
