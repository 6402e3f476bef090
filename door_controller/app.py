"""The door's composition root: settings in, one door controller out. Read this first."""

from collections.abc import Callable

from door_controller.controller import DoorController
from door_controller.first_person import FirstPerson
from door_controller.fittings import Fittings, open_fittings
from door_controller.settings import DoorSettings
from door_controller.site import Place
from hardware.lockd.client import LockdClient
from hardware.ports import Lock
from meroppet.device.channel import Channel
from meroppet.device.device import Device, DeviceSettings, open_device
from meroppet.device.identity import Identity
from meroppet.device.sync import Wellbeing
from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import Clock, SystemClock, VirtualClock
from meroppet.runtime.machine import REAL, Machine
from meroppet.wire.commands import Order
from meroppet.wire.enrolment import DeviceKind


def chosen_clock(settings: DoorSettings) -> Clock:
    """The chosen clock. The machine's own knows the hour only when the server vouches for it."""
    if settings.clock_offset_file is not None and settings.clock == "virtual":
        return VirtualClock(settings.clock_offset_file)
    return SystemClock(ClockTrust.NONE)


def build(
    settings: DoorSettings,
    version: str,
    clock: Clock | None = None,
    *,
    machine: Machine = REAL,
    fittings: Fittings | None = None,
    lock: Lock | None = None,
    open_channel: Callable[[Identity], Channel] | None = None,
    complete: Callable[[Wellbeing], Wellbeing] | None = None,
) -> DoorController:
    """The door, ready to run (needs a running loop), by what its settings choose unless it is given.

    `complete` adds to what the server hears of the door what only the process knows.
    Raises DriverError for hardware that cannot be opened, NotEnrolled for a device that belongs to no branch.
    """
    fittings = fittings or open_fittings(settings.drivers())
    door: DoorController

    def take(order: Order) -> None:
        door.orders.take(order)

    async def report() -> Wellbeing:
        being = await door.wellbeing()
        return complete(being) if complete else being

    device: Device = open_device(
        DeviceSettings(state_dir=settings.state_dir),
        DeviceKind.DOOR,
        clock or chosen_clock(settings),
        version=version,
        on_order=take,
        report=report,
        open_channel=open_channel,
        machine=machine,
    )
    probe = lock or LockdClient(settings.lockd_socket, monotonic=machine.monotonic)
    lock = lock or LockdClient(settings.lockd_socket, monotonic=machine.monotonic)
    place = Place(device, FirstPerson(settings.state_dir, device.identity.branch))
    door = DoorController(device, place, fittings, lock, probe, settings, machine)
    return door
