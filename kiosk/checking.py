"""`--check`: everything the kiosk needs is opened once, and what is wrong is said in sentences."""

from hardware.errors import DriverError
from kiosk.app import build
from kiosk.settings import KioskSettings
from kiosk.supervisor import bind
from meroppet.device.errors import DeviceError, StoreFailed


async def check(settings: KioskSettings, version: str) -> list[str]:
    """What is wrong, one sentence each; empty when the kiosk could be started."""
    try:
        kiosk = build(settings, version)
    except (DriverError, DeviceError) as error:
        return [str(error)]
    faults = []
    try:
        for place, driver in kiosk.fittings.fitted().items():
            try:
                await driver.check()
            except DriverError as error:
                faults.append(f"{place}: {error}")
        if why := kiosk.device.closed_because():
            faults.append(why)
        await kiosk.device.journal.unsent_count()
        bind(settings.listen).close()
    except StoreFailed as error:
        faults.append(f"the journal in {settings.state_dir} cannot be used: {error}")
    except OSError as error:
        faults.append(str(error))
    finally:
        await kiosk.close()
    return faults
