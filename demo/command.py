"""The command line of the demo: starts the house, says what runs where, stays until Ctrl-C or plays the check."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from demo import folder, ports
from demo.consortia import CHOICES, Place, place
from demo.errors import CannotStart, ChildDied
from demo.folder import Folder
from demo.house import House, first_sentence
from demo.ports import Ports
from meroppet.runtime.clock import SystemClock


def main(arguments: list[str]) -> int:
    """0 when all went well, 1 with one sentence on standard error otherwise."""
    chosen = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(chosen))
    except* (CannotStart, ChildDied, OSError) as errors:
        print(f"meroppet-demo: {first_sentence(errors)}", file=sys.stderr)
    except* (KeyboardInterrupt, asyncio.CancelledError):
        print("meroppet-demo: stopped before it was up", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "meroppet-demo",
        description="A library system, a server, a lock, a door and a kiosk, running here with virtual hardware.",
        epilog="meroppet-demo register: only the library system (SIP2 over TCP); see meroppet-demo register --help",
    )
    parser.add_argument(
        "--check", action="store_true", help="play one visit through the processes and exit; 0 if all held"
    )
    parser.add_argument("--branch", choices=CHOICES, default="skiljebo", help="which branch to show (skiljebo)")
    parser.add_argument("--port-base", type=int, metavar="N", help="listen on N and the ports after it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep databases, keys and logs in this folder")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs first")
    return parser


async def _run(chosen: argparse.Namespace) -> int:
    where = place(CHOICES[chosen.branch])
    with _folder(chosen) as opened:
        listening = _ports(chosen)
        if chosen.check:
            from demo.check import play

            return await play(where, listening, opened)
        return await _stay(where, listening, opened)


@contextmanager
def _folder(chosen: argparse.Namespace) -> Iterator[Folder]:
    """The run folder; a check without --keep has one of its own that is gone afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix="meroppet-check-")) if chosen.check and chosen.keep is None else None
    root = scratch or chosen.keep or folder.default_root(os.environ)
    try:
        with folder.opened(root.absolute() / chosen.branch, fresh=chosen.fresh) as opened:
            yield opened
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def _ports(chosen: argparse.Namespace) -> Ports:
    if chosen.port_base is not None:
        listening = ports.from_base(chosen.port_base)
    elif chosen.check:
        # A check must not be stopped by a demo that already runs.
        return ports.free()
    else:
        listening = Ports()
    ports.require_free(listening)
    return listening


async def _stay(where: Place, listening: Ports, opened: Folder) -> int:
    stopping = Stopping()
    begun = SystemClock().monotonic()
    print(f"Starting {where.branch.name}, {where.consortium.name} …", flush=True)
    # The page is loaded while the processes start; what they wait for is mostly not this one.
    loading = asyncio.create_task(asyncio.to_thread(import_module, "demo.web.serving"))
    async with House(where, listening, opened, _told) as house:
        serving = (await loading).serving
        async with serving(house):
            stopping.is_up = True
            _told("branch page", SystemClock().monotonic() - begun, house.addresses.branch)
            _welcome(house)
            await asyncio.wait({stopping.asked, house.ended}, return_when=asyncio.FIRST_COMPLETED)
            house.is_stopping = True
            if house.ended.done():
                raise ChildDied(house.ended.result())
            print("\nStopping …", flush=True)
    return 0


class Stopping:
    """Ctrl-C and SIGTERM: a demo that is up is asked to stop, one that still starts is broken off."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.asked: asyncio.Future[str] = loop.create_future()
        self.is_up = False
        self._task = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._hear, number.name)

    def _hear(self, name: str) -> None:
        if not self.asked.done():
            self.asked.set_result(name)
            if not self.is_up and self._task is not None:
                self._task.cancel()


def _told(what: str, seconds: float, where: str) -> None:
    print(f"  {seconds:5.1f} s  {what:<15} {where}", flush=True)


def _welcome(house: House) -> None:
    user, password = house.plan.sign_in()
    print(
        f"""
Open in a browser:
  the branch   {house.addresses.branch}
  the kiosk    {house.addresses.kiosk}
  staff pages  {house.addresses.staff}   user {user}, password {password}
  patrons      {house.addresses.patrons}   card and PIN, or BankID on the phone {house.addresses.phone}

Everything is kept in {house.plan.root}
Stop with Ctrl-C.""",
        flush=True,
    )
