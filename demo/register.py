"""`meroppet-demo register`: the library system of the demo, a process of its own that speaks SIP2 over TCP.

Anybody may run it as a SIP2 test server: it says whom to sign in as and which cards there are, speaks as any known
library system, and does wrong whatever it is told to.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from io import TextIOWrapper
from zoneinfo import ZoneInfo

from demo.books import OTHER_BRANCH
from demo.consortia import CHOICES, ZONE, DemoBranch, place
from demo.ports import HOST
from demo.register_account import PASSWORD_VARIABLE, account_of
from demo.register_arguments import parser
from demo.register_hearing import Listener, hear_input
from demo.register_orders import Orders, Unfit
from demo.register_saying import Voice
from demo.register_stock import STOCKS, Stock, library_of
from demo.register_words import accounts_of, stock_of
from meroppet.ils.acs_simulator import Register, RegisterAccount, serve
from meroppet.ils.library import Library
from meroppet.runtime import logs
from meroppet.runtime.clock import Clock, VirtualClock
from meroppet.runtime.sdnotify import Notifier

KNOWN_PASSWORD = "test"  # noqa: S105 (it is told to everybody, and taken on loopback only)


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM; 1 with one sentence when that cannot be, 2 for options that make no sense."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Names have letters that a terminal set to Latin-1 lacks.
        sys.stdout.reconfigure(errors="replace")
    chosen = parser().parse_args(arguments)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password and chosen.host not in (HOST, "localhost", "::1"):
        return _fail(
            f"--host {chosen.host}: set {PASSWORD_VARIABLE} to a password nobody knows before others can connect"
        )
    logs.configure()
    try:
        return asyncio.run(_Process(chosen, password).serve())
    except OSError as error:
        return _fail(f"{chosen.host}:{chosen.port}: {_reason(error)}; choose another with --port or --host")


def _fail(sentence: str) -> int:
    print(f"meroppet-demo register: {sentence}", file=sys.stderr)
    return 1


def _reason(error: OSError) -> str:
    """The kernel's own words; asyncio's would name the address again."""
    is_kernels = error.errno is not None and error.errno > 0
    return os.strerror(error.errno or 0) if is_kernels else str(error.strerror)


@dataclass(frozen=True, slots=True)
class _Shelves:
    """Makes the library as it is at the start, today."""

    branch: DemoBranch
    make: Callable[[DemoBranch, date], Stock]
    clock: Clock

    def today(self) -> date:
        return self.clock.now().astimezone(ZoneInfo(ZONE)).date()

    def stock(self) -> Stock:
        return self.make(self.branch, self.today())

    def library(self) -> Library:
        return library_of(self.stock(), self.today, place(self.branch.id).consortium.name)


class _Process:
    """One run of the register."""

    def __init__(self, chosen: argparse.Namespace, password: str) -> None:
        branch = place(CHOICES[chosen.branch]).branch
        self._chosen = chosen
        self._has_secret = bool(password)
        self._clock = VirtualClock(chosen.clock)
        self._shelves = _Shelves(branch, STOCKS[chosen.state], self._clock)
        self._accounts = (
            RegisterAccount(account_of(branch), password or KNOWN_PASSWORD, branch.register_code),
            RegisterAccount("meroppet-other-branch", password or KNOWN_PASSWORD, OTHER_BRANCH),
        )
        self._voice = Voice(is_quiet=chosen.quiet)
        self._ended = asyncio.Event()

    async def serve(self) -> int:
        """The exit code, once it is told to stop."""
        chosen = self._chosen
        register = await serve(
            self._shelves.library(), chosen.host, chosen.port, accounts=self._accounts, clock=self._clock
        )
        orders = Orders(register, self._shelves.library)
        listener = Listener(orders)
        try:
            for order in (f"dialect {chosen.dialect}", *chosen.orders):
                await orders.do(order)
            await self._run(register, orders, listener)
        except Unfit as refusal:
            return _fail(str(refusal))
        finally:
            await listener.close()
            await register.close()
            self._voice.finish()
        return 0

    async def _run(self, register: Register, orders: Orders, listener: Listener) -> None:
        notifier = Notifier.from_environment()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        await self._listen_for_orders(listener)
        self._tell(register, listener)
        notifier.ready(f"SIP2 on {self._chosen.host}:{register.port}")
        hearing = asyncio.create_task(self._hear(orders))
        await self._ended.wait()
        notifier.stopping()
        hearing.cancel()

    async def _listen_for_orders(self, listener: Listener) -> None:
        port = self._chosen.control
        if port is None:
            return
        try:
            await listener.start(port)
        except OSError as error:
            raise Unfit(f"--control {port}: {os.strerror(error.errno or 0)}; choose another port") from error

    async def _hear(self, orders: Orders) -> None:
        async for line in hear_input():
            answer = await orders.obey(line)
            if answer:
                self._voice.say(answer)
        if self._chosen.until_input_ends:
            self._ended.set()

    def _tell(self, register: Register, listener: Listener) -> None:
        dialect, control = register.dialect, register.control
        self._voice.say(
            f"SIP2 on {self._chosen.host}:{register.port}, as {dialect.name}: {dialect.about}; fault: {control.fault}"
        )
        self._voice.say(accounts_of(self._accounts, shows_passwords=not self._has_secret))
        self._voice.say(stock_of(self._shelves.stock()))
        heard = f" or on {HOST}:{listener.port}" if listener.port else ""
        self._voice.say(f'Type an order here{heard}, such as "fault hang" or "help"; Ctrl-C ends it.')
