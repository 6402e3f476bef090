"""`meroppet-kiosk`: run the kiosk, check what it needs, or enrol it."""

import argparse
import asyncio
import logging
import sys
from importlib.metadata import version
from pathlib import Path

from hardware.errors import DriverError
from kiosk.app import build
from kiosk.checking import check
from kiosk.settings import DEFAULT_FILE, PREFIX, KioskSettings
from kiosk.supervisor import bind, supervise
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
        settings = load(KioskSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=chosen.config)
        logs.configure(settings.log_level)
        return asyncio.run(_enrol(chosen, settings) if chosen.command == "enrol" else _run(chosen, settings))
    except (SettingsError, DriverError, DeviceError, OSError) as error:
        sys.stderr.write(f"meroppet-kiosk: {error}\n")
    except ExceptionGroup:
        # Something nobody foresaw ended the session; whoever supervises this process starts it again.
        logging.getLogger(__name__).exception("the kiosk ended")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("meroppet-kiosk", description="Borrow and return at one screen.")
    parser.add_argument("--config", type=Path, help=f"settings file (default {DEFAULT_FILE})")
    parser.add_argument("--check", action="store_true", help="open everything, say what is wrong, and exit")
    commands = parser.add_subparsers(dest="command", metavar="enrol")
    enrolling = commands.add_parser("enrol", help="make this device belong to a branch")
    enrolling.add_argument("invitation", help="URL#CODE from the staff page")
    enrolling.add_argument("--replace", action="store_true", help="give up the branch this device belongs to")
    return parser


async def _run(chosen: argparse.Namespace, settings: KioskSettings) -> int:
    if chosen.check:
        faults = await check(settings, version("meroppet"))
        for fault in faults:
            sys.stderr.write(f"meroppet-kiosk: {fault}\n")
        return 1 if faults else 0
    listener = bind(settings.listen)
    with starting():
        kiosk = build(settings, version("meroppet"))
    await supervise(kiosk, listener, Notifier.from_environment(), version=version("meroppet"))
    return 0


async def _enrol(chosen: argparse.Namespace, settings: KioskSettings) -> int:
    identity = await enrol(
        chosen.invitation, DeviceKind.KIOSK, settings.state_dir, version("meroppet"), replace=chosen.replace
    )
    sys.stderr.write(f"enrolled as {identity.name} ({identity.device}) at {identity.url}\n")
    return 0
