"""`--check`: everything the door needs is opened once, and what is wrong is said in sentences."""

from collections.abc import AsyncIterator

from door_controller.app import build
from door_controller.controller import DoorController
from door_controller.settings import DoorSettings
from hardware.errors import DriverError
from hardware.lockd.client import LockdClient
from meroppet.device.errors import DeviceError, StoreFailed


async def check(settings: DoorSettings, version: str) -> list[str]:
    """What is wrong, one sentence each; empty when the door could be started."""
    try:
        door = build(settings, version)
    except (DriverError, DeviceError) as error:
        return [str(error)]
    try:
        return [fault async for fault in _faults(door, settings)]
    finally:
        await door.let_go()


async def _locks(settings: DoorSettings) -> AsyncIterator[str]:
    wanted = {"night": settings.night_lock, "inner": settings.inner_lock}
    lockd = LockdClient(settings.lockd_socket)
    try:
        for name, lock in wanted.items():
            if lock is not None and not await _knows(lockd, name):
                yield f"lockd has no lock called {name}: {name}_lock here needs it among `also` in lockd's own settings"
    finally:
        await lockd.close()


async def _knows(lockd: LockdClient, name: str) -> bool:
    try:
        await lockd.locked(name)
    except ConnectionError:
        return False
    return True


async def _faults(door: DoorController, settings: DoorSettings) -> AsyncIterator[str]:
    for place, driver in door.fittings.fitted().items():
        try:
            await driver.check()
        except DriverError as error:
            yield f"{place}: {error}"
    if why := door.device.closed_because():
        yield why
    if await door.locked() is None:
        yield f"lockd does not answer at {settings.lockd_socket}; start meroppet-lockd first"
    else:
        async for fault in _locks(settings):
            yield fault
    try:
        await door.device.journal.unsent_count()
    except StoreFailed as error:
        yield f"the journal in {settings.state_dir} cannot be used: {error}"
