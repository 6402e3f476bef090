"""A device as one thing: opened from its state folder, handed to a door or a kiosk."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import Field

from meroppet.device.attempts import Attempts
from meroppet.device.channel import Channel
from meroppet.device.errors import JournalFailed, NotEnrolled, StoreFailed, ZonesMissing
from meroppet.device.identity import Identity, load
from meroppet.device.journal import Journal
from meroppet.device.keys import Keys
from meroppet.device.link import Link
from meroppet.device.replica import Replica
from meroppet.device.rtc import KernelTime, NoSource
from meroppet.device.sync import OnOrder, Owner, Report, Sync, Wellbeing
from meroppet.device.verifiers import Verifiers
from meroppet.device.vouched import VouchedClock
from meroppet.device.zones import require_zones
from meroppet.rules.branch import knows_the_hour
from meroppet.rules.credentials import CardNumber
from meroppet.rules.events import Event
from meroppet.runtime.clock import Clock, SystemClock
from meroppet.runtime.machine import REAL, Machine
from meroppet.runtime.settings import Group
from meroppet.wire.commands import Order
from meroppet.wire.enrolment import DeviceKind

logger = logging.getLogger(__name__)


class DeviceSettings(Group):
    """What the installer says of the device itself."""

    state_dir: Path = Field(Path("/var/lib/meroppet"), description="Folder for identity, journal and replica.")


class Device:
    """Everything a door or a kiosk shares. `clock` is the one to use: it knows what vouches for it."""

    def __init__(
        self,
        identity: Identity,
        folder: Path,
        clock: VouchedClock,
        owner: Owner,
        channel: Channel,
        machine: Machine = REAL,
    ) -> None:
        self.identity = identity
        # First, because nothing else may be left open where the device cannot tell the time of its branch.
        self.replica = _replica(folder / "replica", machine)
        self.clock = clock
        self.boot = machine.ids()
        self.journal = Journal(folder / "journal.db", self.clock, self.boot, machine)
        self.attempts = Attempts(folder / "attempts.db", self.clock, machine)
        self.verifiers = Verifiers(folder / "verifiers.db", self.clock, machine)
        self.channel = channel
        self.link = Link(self.clock, self.record)
        self._recording: set[asyncio.Task[None]] = set()
        self.sync = Sync(
            self.channel,
            self.journal,
            self.replica,
            self.clock,
            self.link,
            owner=owner,
            machine=machine,
        )
        self.sync.on_keys(self._keep_what_these_open)
        self.sync.on_keys(self._trust_heads)

    @property
    def keys(self) -> Keys | None:
        """The branch's keys, or None before the server's first answer: nobody is admitted without them."""
        return self.sync.keys

    @property
    def heard_at(self) -> datetime | None:
        """When everything the server knew was last known here; None before the first time since the start."""
        return self.sync.heard_at

    @property
    def is_outdated(self) -> bool:
        """Whether the server says what this version cannot mean: nobody may be let in."""
        return self.sync.is_outdated

    def digest(self, card: CardNumber) -> str | None:
        """A card's keyed digest, or None while there is no key."""
        return None if self.keys is None else self.keys.subject(card)

    async def run(self) -> None:
        """Keep device and server alike until cancelled."""
        await self.sync.run()

    async def close(self) -> None:
        """Let go of channel and files."""
        await self.recorded()
        await self.channel.close()
        for store in (self.journal, self.attempts, self.verifiers, self.replica):
            store.close()

    def closed_because(self) -> str:
        """Why the branch has no hours although the server has told of it, in one sentence; else empty."""
        why = self.replica.why_no_hours() if self.replica.branch() is not None else ""
        return f"there are no hours, so the branch is closed: {why}" if why else ""

    def record(self, event: Event) -> None:
        """Begin writing a row, in order, without waiting for it; a failure is logged."""
        recording = asyncio.get_running_loop().create_task(self._record(event))
        self._recording.add(recording)
        recording.add_done_callback(self._recording.discard)

    async def recorded(self) -> None:
        """Wait until every row begun by `record` is on disk or has failed."""
        while self._recording:
            await asyncio.wait(self._recording)

    async def _trust_heads(self, keys: Keys) -> None:
        self.journal.trust_heads(self.identity.device, keys.sign_public)

    async def _keep_what_these_open(self, keys: Keys) -> None:
        try:
            forgotten = await self.verifiers.keep_only(keys.pin)
        except StoreFailed as error:
            # What was learned under another key opens nothing; it only lies there.
            logger.error("what was learned under an older key is not wiped", extra={"why": error})
            return
        if forgotten:
            logger.warning("the branch has new keys: learned PINs are forgotten", extra={"how_many": forgotten})

    async def _record(self, event: Event) -> None:
        try:
            await self.journal.write(event)
        except JournalFailed as error:
            logger.error("an event is not journalled", extra={"kind": event.kind, "why": error})


def _no_order(order: Order) -> None:
    logger.warning("an order came to a device that takes none", extra={"order": order.order})


async def _well() -> Wellbeing:
    return Wellbeing()


def open_device(
    settings: DeviceSettings,
    kind: DeviceKind,
    clock: Clock,
    *,
    version: str,
    on_order: OnOrder = _no_order,
    report: Report = _well,
    open_channel: Callable[[Identity], Channel] | None = None,
    machine: Machine = REAL,
) -> Device:
    """The device in a state folder; `open_channel` replaces the channel to its server.

    NotEnrolled if it belongs to no branch, or is of another kind; ZonesMissing if its branch's wall clock is unknown.
    """
    require_zones()
    identity = load(settings.state_dir)
    if identity.kind is not kind:
        raise NotEnrolled(f"{settings.state_dir}: this is a {identity.kind}'s identity, not a {kind}'s; enrol it anew")
    # What the machine says of the time, it says of its own clock and of no other.
    source = KernelTime() if isinstance(clock, SystemClock) else NoSource()
    vouched = VouchedClock(clock, source, settings.state_dir / "rtc-right-at")
    channel = open_channel(identity) if open_channel else _channel(identity, vouched, machine)
    owner = Owner(version, on_order, report)
    return Device(identity, settings.state_dir, vouched, owner, channel, machine)


def _channel(identity: Identity, clock: VouchedClock, machine: Machine) -> Channel:
    return Channel(identity, ids=machine.ids, knows_the_hour=lambda: knows_the_hour(clock.trust()))


def _replica(folder: Path, machine: Machine) -> Replica:
    replica = Replica(folder, machine)
    branch = replica.branch()
    try:
        require_zones(*([branch.zone] if branch is not None else []))
    except ZonesMissing:
        replica.close()
        raise
    return replica
