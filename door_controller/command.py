"""`meroppet-door`: run the door, check what it needs, or enrol it."""

import argparse
import asyncio
import logging
import sys
from importlib.metadata import version
from pathlib import Path

from door_controller.app import build
from door_controller.checking import check
from door_controller.controller import DoorController
from door_controller.enrolling import enrol_by_scan
from door_controller.settings import DEFAULT_FILE, PREFIX, DoorSettings
from door_controller.supervisor import Page, supervise
from hardware.errors import DriverError
from meroppet.device.enrol import enrol
from meroppet.device.errors import DeviceError
from meroppet.runtime import logs
from meroppet.runtime.sdnotify import Notifier
from meroppet.runtime.settings import SettingsError, load
from meroppet.runtime.starting import starting
from meroppet.wire.enrolment import DeviceKind


def main(argv: list[str] | None = None) -> int:
    """0 when done or stopped in order, 1 with one sentence when something is wrong, 2 for a wrong command line."""
    chosen = _parser().parse_args(argv)
    try:
        settings = load(DoorSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=chosen.config)
        logs.configure(settings.log_level)
        return asyncio.run(_enrol(chosen, settings) if chosen.command == "enrol" else _run(chosen, settings))
    except (SettingsError, DriverError, DeviceError) as error:
        sys.stderr.write(f"meroppet-door: {error}\n")
    except ExceptionGroup:
        # Something nobody foresaw ended a lane: the lock is shut, and whoever supervises this process starts it again.
        logging.getLogger(__name__).exception("the door ended")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("meroppet-door", description="Controls one door of an open library.")
    parser.add_argument("--config", type=Path, help=f"settings file (default {DEFAULT_FILE})")
    parser.add_argument("--check", action="store_true", help="open everything, say what is wrong, and exit")
    commands = parser.add_subparsers(dest="command", metavar="enrol")
    enrolling = commands.add_parser("enrol", help="make this device belong to a branch")
    enrolling.add_argument("invitation", nargs="?", help="URL#CODE from the staff page")
    enrolling.add_argument("--scan", action="store_true", help="read URL#CODE from a QR at the barcode reader")
    enrolling.add_argument("--replace", action="store_true", help="give up the branch this device belongs to")
    return parser


async def _run(chosen: argparse.Namespace, settings: DoorSettings) -> int:
    if chosen.check:
        faults = await check(settings, version("meroppet"))
        for fault in faults:
            sys.stderr.write(f"meroppet-door: {fault}\n")
        return 1 if faults else 0
    with starting():
        door = build(settings, version("meroppet"))
    await supervise(
        door,
        Notifier.from_environment(),
        version=version("meroppet"),
        status_port=settings.status_port,
        display=_display(settings, door),
    )
    return 0


def _display(settings: DoorSettings, door: DoorController) -> Page | None:
    if not settings.display_port:
        return None
    # Most doors have no screen of their own, and need not carry its page in memory.
    from door_controller.display_page import display_page

    return display_page(settings, door.device, door.place, door.face)


async def _enrol(chosen: argparse.Namespace, settings: DoorSettings) -> int:
    if chosen.scan == (chosen.invitation is not None):
        sys.stderr.write("meroppet-door: enrol needs URL#CODE from the staff page, or --scan\n")
        return 2
    text = await enrol_by_scan(settings) if chosen.scan else chosen.invitation
    identity = await enrol(text, DeviceKind.DOOR, settings.state_dir, version("meroppet"), replace=chosen.replace)
    sys.stderr.write(f"enrolled as {identity.name} ({identity.device}) at {identity.url}\n")
    return 0
