"""`meroppet-server serve|migrate|found|create-admin|invite|ils|hours|rights|ask|openapi [--config FILE] [--check]`."""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from meroppet.runtime import logs
from meroppet.runtime.sdnotify import Notifier
from meroppet.runtime.settings import SettingsError, load
from meroppet.runtime.starting import starting
from server.asking.arguments import add_arguments as add_asking_arguments
from server.patrons.arguments import add_arguments as add_rights_arguments
from server.registers.arguments import add_arguments
from server.schedules.arguments import add_arguments as add_hours_arguments
from server.settings import DEFAULT_FILE, PREFIX, ServerSettings

Command = Callable[[argparse.Namespace, ServerSettings], Awaitable[int]]


def main(arguments: list[str] | None = None) -> int:
    """The process. Exit code 0: done; 1: it cannot be done, and one sentence says why; 2: misuse."""
    given = _parser().parse_args(arguments)
    if given.command == "openapi":
        return _openapi()
    if given.command == "hours" and given.schedule is not None:
        return _hours_from_file(given)
    try:
        settings = load(ServerSettings, prefix=PREFIX, default_file=DEFAULT_FILE, argv_config=given.config)
    except SettingsError as error:
        return _fail(str(error))
    logs.configure(settings.log_level)
    commands: dict[str, Command] = {
        "serve": _serve,
        "migrate": _migrate,
        "found": _found,
        "create-admin": _create_admin,
        "invite": _invite,
        "ils": _ils,
        "hours": _hours,
        "rights": _rights,
        "ask": _ask,
    }
    command = _check if given.check else commands[given.command]
    return _run(command(given, settings), settings)


def _run(work: Awaitable[int], settings: ServerSettings) -> int:
    from sqlalchemy.exc import DBAPIError

    from server.keys import KeysError

    async def done() -> int:
        return await work

    try:
        return asyncio.run(done())
    except DBAPIError as error:
        # Its first argument is the database's code, which quotes nobody (see server.db.database).
        where = settings.database or str(settings.state_dir / "server.db")
        return _fail(f"the database {where} cannot be used: {error.args[0]}")
    except (OSError, KeysError, ValueError) as error:
        return _fail(str(error))
    except ExceptionGroup:
        # Something nobody foresaw ended the work in the background; whoever supervises this process starts it again.
        logging.getLogger(__name__).exception("the server ended")
        return 1
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="meroppet-server", description="The central server of open libraries.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(command="serve")
    about = {
        "serve": "serve devices and staff (the default)",
        "migrate": "bring the database up to date and exit",
        "found": "make a consortium, its members and branches what a file says",
        "create-admin": "print a one-time link that makes an administrator",
        "invite": "print a code that enrols a device",
        "ils": "examine a library system before go-live: ils doctor",
        "hours": "print a branch's opening hours and why; export and import them",
        "rights": "give patrons the new numbers of their library system",
        "ask": "would this card open that branch's door then, and what decides",
        "openapi": "print the device API's description",
    }
    for target in (parser, *(commands.add_parser(name, help=text) for name, text in about.items())):
        # The options may stand before or after the command; SUPPRESS keeps the one from undoing the other.
        is_top = target is parser
        target.add_argument("--config", type=Path, default=None if is_top else argparse.SUPPRESS, metavar="FILE")
        target.add_argument(
            "--check", action="store_true", default=False if is_top else argparse.SUPPRESS, help="open all, then exit"
        )
    found = commands.choices["found"]
    found.add_argument("file", type=Path, help="TOML file, see docs/installer.md")
    found.add_argument("--dry-run", action="store_true", help="only say what would be done")
    invite = commands.choices["invite"]
    invite.add_argument("branch", help="id of the branch")
    invite.add_argument("kind", choices=("door", "kiosk"))
    invite.add_argument("--name", default="", help="what staff will call the device")
    add_arguments(commands.choices["ils"])
    add_hours_arguments(commands.choices["hours"])
    add_rights_arguments(commands.choices["rights"])
    add_asking_arguments(commands.choices["ask"])
    return parser


async def _serve(_given: argparse.Namespace, settings: ServerSettings) -> int:
    with starting():
        from server.app import build
        from server.serve import serve

        server = build(settings)
    await serve(server, Notifier.from_environment())
    return 0


async def _migrate(_given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.app import build

    server = build(settings)
    await server.start()
    await server.close()
    return 0


async def _check(_given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.app import build
    from server.db.migrate import is_current
    from server.serve import staff_tls

    server = build(settings)
    current = await is_current(server.database)
    await server.close()
    if (tls := staff_tls(settings.staff)) is not None:
        tls()
    sys.stderr.write(f"settings, keys, database and pages are in order{'' if current else '; migrate comes first'}\n")
    return 0


async def _found(given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.app import build
    from server.db.migrate import is_current
    from server.organisations.founding import lay_down
    from server.organisations.founding_file import read

    plan = read(given.file)
    server = build(settings)
    try:
        if not await is_current(server.database):
            raise ValueError("the database is not up to date; run meroppet-server migrate first")
        steps = await lay_down(server.database, plan, "command line", dry_run=given.dry_run)
    finally:
        await server.close()
    for step in steps:
        print(step)
    if given.dry_run:
        print("nothing was written (--dry-run)")
    return 0


async def _create_admin(_given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.app import build
    from server.staff.access import Grant, Role
    from server.staff.service import SERVER, make_link

    server = build(settings)
    await server.start()
    async with server.database.session(SERVER) as session:
        token = await make_link(session, Grant(Role.SERVER), "create-admin")
    await server.close()
    print(f"{settings.staff_url}/welcome/{token}")
    return 0


async def _invite(given: argparse.Namespace, settings: ServerSettings) -> int:
    from meroppet.wire.enrolment import DeviceKind
    from server.app import build
    from server.devices.service import invite
    from server.organisations.service import branch
    from server.web.gate import ALL_BRANCHES

    server = build(settings)
    await server.start()
    async with server.database.session(ALL_BRANCHES) as session:
        found = await branch(session, given.branch)
        if found is None:
            raise ValueError(f"no branch '{given.branch}'")
        async with session.within(found.scope):
            kind = DeviceKind(given.kind)
            code = await invite(
                session,
                server.keys,
                found,
                kind=kind,
                name=given.name or kind.value,
                by="command line",
                url=settings.device_url,
            )
    await server.close()
    print(code.text())
    return 0


async def _ils(given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.registers.command import doctor

    return await doctor(given, settings)


async def _hours(given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.schedules.command import run

    return await run(given, settings)


async def _ask(given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.asking.command import run

    return await run(given, settings)


async def _rights(given: argparse.Namespace, settings: ServerSettings) -> int:
    from server.patrons.command import run

    return await run(given, settings)


def _hours_from_file(given: argparse.Namespace) -> int:
    from server.schedules.command import from_file

    return from_file(given)


def _openapi() -> int:
    from server.devices.api import device_api

    print(json.dumps(device_api().openapi(), indent=2, ensure_ascii=False))
    return 0


def _fail(why: str) -> int:
    sys.stderr.write(f"meroppet-server: {why}\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
