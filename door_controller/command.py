"""`meroppet-door`: run the door, check what it needs, or enrol it."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from door_controller.advising import advice
from door_controller.app import build, chosen_clock
from door_controller.checking import check
from door_controller.condition import Condition, disk_free
from door_controller.controller import DoorController
from door_controller.enrolling import enrol_by_scan
from door_controller.last_good import LastGood, Start
from door_controller.settings import DEFAULT_FILE, PREFIX, DoorSettings
from door_controller.status_page import StatusPage
from door_controller.supervisor import Page, supervise
from hardware.errors import DriverError
from meroppet.device.enrol import enrol
from meroppet.device.errors import DeviceError
from meroppet.device.rtc import KernelTime
from meroppet.runtime import logs
from meroppet.runtime.clock import SystemClock
from meroppet.runtime.sdnotify import Notifier
from meroppet.runtime.settings import SettingsError, load
from meroppet.runtime.starting import starting
from meroppet.wire.enrolment import DeviceKind


def main(argv: list[str] | None = None) -> int:
    """0 when done or stopped in order, 1 with one sentence when something is wrong, 2 for a wrong command line."""
    chosen = _parser().parse_args(argv)
    try:
        if chosen.command is None and not chosen.check:
            return _start(chosen.config)
        settings = _load(chosen.config)
        logs.configure(settings.log_level)
        return asyncio.run(_enrol(chosen, settings) if chosen.command == "enrol" else _check(settings))
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


def _load(config: Path | None) -> DoorSettings:
    return load(DoorSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=config)


def _start(config: Path | None) -> int:
    """Start by what the installer wrote or, where that does not work, by what worked last."""
    wanted: DoorSettings | SettingsError
    try:
        wanted = _load(config)
    except SettingsError as error:
        wanted = error
    logs.configure("INFO" if isinstance(wanted, SettingsError) else wanted.log_level)
    clock = SystemClock() if isinstance(wanted, SettingsError) else chosen_clock(wanted)
    starts = LastGood(_state_folder(wanted, os.environ), clock)
    start = starts.begin(wanted, version("meroppet"))
    try:
        return asyncio.run(_run(start, starts))
    except (DriverError, DeviceError) as error:
        starts.failed(str(error))
        raise
    except ExceptionGroup as group:
        # Only what was foreseen has words that may be told to a server.
        starts.failed(f"the door ended: {_kind(group)}")
        raise


def _state_folder(wanted: DoorSettings | SettingsError, environ: Mapping[str, str]) -> Path:
    """Where systemd says (systemd.exec(5), StateDirectory=): it is the same whatever stands in the settings."""
    if given := environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    default: Path = DoorSettings.model_fields["state_dir"].default
    return default if isinstance(wanted, SettingsError) else wanted.state_dir


def _kind(error: BaseException) -> str:
    return _kind(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else type(error).__name__


async def _check(settings: DoorSettings) -> int:
    faults = await check(settings, version("meroppet"))
    for fault in faults:
        sys.stderr.write(f"meroppet-door: {fault}\n")
    for sentence in advice(settings, KernelTime(), disk_free(settings.state_dir)):
        sys.stdout.write(f"note: {sentence}\n")
    return 1 if faults else 0


async def _run(start: Start, starts: LastGood) -> int:
    await asyncio.sleep(start.pause)
    settings = start.settings
    condition = Condition(settings.state_dir, chosen_clock(settings), past=starts.past)
    with starting():
        door = build(settings, version("meroppet"), complete=condition.complete)
    await supervise(
        door,
        Notifier.from_environment(),
        version=version("meroppet"),
        pages=_pages(settings, door, condition),
        starts=starts,
    )
    starts.began()
    return 0


def _pages(settings: DoorSettings, door: DoorController, condition: Condition) -> dict[str, Page]:
    async def facts() -> dict[str, object]:
        return {**await door.facts(), **condition.facts()}

    found: dict[str, Page | None] = {
        "status page": StatusPage(settings.status_port, facts) if settings.status_port else None,
        "display page": _display(settings, door),
    }
    return {name: page for name, page in found.items() if page is not None}


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
