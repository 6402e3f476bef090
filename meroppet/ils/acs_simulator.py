"""A SIP2 server over the small library: the demo's register, for training, and a test server with faults to order."""

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from meroppet.ils.acs_answers import Desk
from meroppet.ils.acs_conversation import Conversation, RegisterAccount, RegisterControl
from meroppet.ils.acs_dialects import KOHA, Dialect
from meroppet.ils.acs_faults import Fault
from meroppet.ils.library import Library
from meroppet.runtime.clock import Clock
from meroppet.sip2.errors import SIP2Error

__all__ = ["Fault", "Register", "RegisterAccount", "RegisterControl", "serve"]

log = logging.getLogger(__name__)


class Register:
    """A listening register. `port` is the one it got; `close` ends every connection."""

    def __init__(
        self,
        library: Library,
        accounts: Iterable[RegisterAccount],
        clock: Clock,
        *,
        dialect: Dialect = KOHA,
        control: RegisterControl | None = None,
        zone: str = "Europe/Stockholm",
    ) -> None:
        self.library = library
        self.control = control if control is not None else RegisterControl()
        self._accounts = {account.user: account for account in accounts}
        self._clock = clock
        self._dialect = dialect
        self._zone = ZoneInfo(zone)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def dialect(self) -> Dialect:
        """How a connection that is opened now will be spoken to."""
        return self.control.dialect or self._dialect

    async def start(self, host: str, port: int) -> None:
        """Listen; raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        await self.drop()
        if self._server is not None:
            await self._server.wait_closed()

    async def drop(self) -> None:
        """End every connection, and go on listening."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self) -> None:
        """Serve until cancelled."""
        if self._server is not None:
            await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)
        try:
            await Conversation(self, self.dialect, reader, writer).hold()
        except (OSError, SIP2Error, asyncio.CancelledError):
            log.debug("register connection ended")
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def account(self, user: str, password: str) -> RegisterAccount | None:
        """The account, if the password is its own."""
        found = self._accounts.get(user)
        if found is None or not hmac.compare_digest(found.password.encode(), password.encode()):
            return None
        return found

    def desk(self, account: RegisterAccount, dialect: Dialect) -> Desk:
        """Where this account's requests arrive, now."""
        return Desk(self.library, account.branch, dialect, self._clock.now().astimezone(self._zone))

    def later(self, write: Callable[[], None], seconds: float) -> None:
        """Do something after a while, unless the register is closed before."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            write()

        self._keep(asyncio.create_task(wait()))


async def serve(
    library: Library,
    host: str,
    port: int,
    *,
    accounts: Iterable[RegisterAccount],
    clock: Clock,
    dialect: Dialect = KOHA,
    control: RegisterControl | None = None,
) -> Register:
    """A register that listens; raises OSError where the port is taken. Await its `run` to serve until cancelled."""
    register = Register(library, accounts, clock, dialect=dialect, control=control)
    await register.start(host, port)
    return register
