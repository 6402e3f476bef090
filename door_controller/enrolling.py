"""Enrolment by a QR code held before the door's barcode reader."""

import asyncio

from door_controller.settings import DoorSettings
from hardware.errors import Lost
from hardware.ports import BarcodeScanned
from hardware.registry import BARCODE_SCANNER, open_chosen
from meroppet.device.errors import EnrolmentFailed
from meroppet.wire.enrolment import invitation

SCAN_WITHIN = 120.0


async def enrol_by_scan(settings: DoorSettings) -> str:
    """The invitation in the first code scanned that is one; EnrolmentFailed if none comes, DriverError if none can."""
    choice = settings.drivers().get("barcode_scanner")
    if choice is None:
        raise Lost("no barcode_scanner is fitted in the settings; type the code instead: enrol URL#CODE")
    scanner = open_chosen(BARCODE_SCANNER, choice)
    try:
        async with asyncio.timeout(SCAN_WITHIN):
            async for event in scanner.events():
                if isinstance(event, BarcodeScanned) and event.complete and _is_invitation(event.text):
                    return event.text.strip()
    except TimeoutError as error:
        raise EnrolmentFailed(f"no enrolment code was scanned within {SCAN_WITHIN:.0f} seconds") from error
    finally:
        await scanner.close()
    raise Lost("the barcode reader ended before a code was scanned")


def _is_invitation(text: str) -> bool:
    try:
        invitation(text)
    except ValueError:
        return False
    return True
