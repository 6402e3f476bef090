"""A SIP2 server over the small library: the demo's register, for training, and a test server with faults to order."""

import asyncio
import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from meroppet.ils.acs_answers import KOHA_LIKE, Desk, Dialect, about_someone_else, answer, login_answer
from meroppet.ils.fake import Library
from meroppet.runtime.clock import Clock
from meroppet.sip2.acs_session import AcsSession, Gibberish, Reply, Request
from meroppet.sip2.checksum import checksum
from meroppet.sip2.errors import SIP2Error
from meroppet.sip2.messages import RawMessage

log = logging.getLogger(__name__)

_LOOK_AGAIN = 0.05


class Fault(StrEnum):
    """What can be wrong with a register, switchable while it runs."""

    NONE = "none"
    HANG = "hang"
    SLOW = "slow"
    WRONG_SEQUENCE = "wrong-seq"
    BAD_CHECKSUM = "bad-checksum"
    NO_CR = "no-cr"
    CLOSE = "close"
    LATE_ANSWER = "late-answer"
    WRONG_PATRON = "wrong-patron"


@dataclass(slots=True)
class RegisterControl:
    """The register's switches, for whoever runs it. The fault spares login and status unless `from_login` is set."""

    fault: Fault = Fault.NONE
    seconds: float = 3.0
    """How long a slow answer takes and a late one is kept back."""
    from_login: bool = False
    requests: int = 0
    """How many requests have arrived, login and status not counted."""
    dialect: Dialect | None = None
    """Another dialect than the register was started with, for connections from now on."""


@dataclass(frozen=True, slots=True)
class RegisterAccount:
    """Someone who may log in; the account decides the branch."""

    user: str
    password: str = field(repr=False)
    branch: str


class Register:
    """A listening register. `port` is the one it got; `close` ends every connection."""

    def __init__(
        self,
        library: Library,
        accounts: Iterable[RegisterAccount],
        clock: Clock,
        *,
        dialect: Dialect = KOHA_LIKE,
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

    async def start(self, host: str, port: int) -> None:
        """Listen; raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def run(self) -> None:
        """Serve until cancelled."""
        if self._server is not None:
            await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await _Conversation(self, self.control.dialect or self._dialect, writer).hold(reader)
        except (OSError, SIP2Error, asyncio.CancelledError):
            log.debug("register connection ended")
        finally:
            writer.transport.abort()

    def account(self, user: str, password: str) -> RegisterAccount | None:
        """The account, if the password is its own."""
        found = self._accounts.get(user)
        if found is None or not hmac.compare_digest(found.password.encode(), password.encode()):
            return None
        return found

    def desk(self, account: RegisterAccount, dialect: Dialect) -> Desk:
        """Where this account's requests arrive, now."""
        return Desk(self.library, account.branch, dialect, self._clock.now().astimezone(self._zone))

    def later(self, writer: asyncio.StreamWriter, data: bytes, seconds: float) -> None:
        """Write after a while, if there is still someone to write to."""

        async def write() -> None:
            await asyncio.sleep(seconds)
            if not writer.is_closing():
                writer.write(data)

        task = asyncio.create_task(write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Conversation:
    """One connection's talk."""

    def __init__(self, register: Register, dialect: Dialect, writer: asyncio.StreamWriter) -> None:
        self._register = register
        self._dialect = dialect
        self._writer = writer
        self._session = AcsSession(dialect.coding, dialect.terminator, trims=dialect.trims_requests)
        self._account: RegisterAccount | None = None

    async def hold(self, reader: asyncio.StreamReader) -> None:
        """Answer until one side ends it."""
        while data := await reader.read(16 * 1024):
            for event in self._session.receive(data):
                if not await self._handle(event):
                    return
            await self._writer.drain()

    async def _handle(self, event: Request | Reply | Gibberish) -> bool:
        """Whether the connection goes on."""
        match event:
            case Request(message):
                return await self._answer(message)
            case Reply(data):
                return await self._write(data, spared=False)
            case Gibberish():
                # As Koha was seen to: 96 once logged in, silence and a closed connection before.
                return self._account is not None and await self._ask_again()

    async def _answer(self, request: RawMessage) -> bool:
        if request.code == "93":
            return await self._login(request)
        if self._account is None:
            return False
        if request.code != "99":
            self._register.control.requests += 1
        reply = answer(self._register.desk(self._account, self._dialect), request)
        if reply is None:
            return await self._ask_again()
        if self._fault(request.code) is Fault.WRONG_PATRON:
            reply = about_someone_else(self._register.library, reply)
        return await self._write(self._session.reply(request, reply), spared=request.code == "99")

    async def _login(self, request: RawMessage) -> bool:
        account = self._register.account(request.first("CN") or "", request.first("CO") or "")
        goes_on = await self._write(self._session.reply(request, login_answer(account is not None)), spared=True)
        self._account = account or self._account
        return goes_on and self._account is not None

    async def _ask_again(self) -> bool:
        return await self._write(self._session.ask_again(), spared=False)

    def _fault(self, code: str) -> Fault:
        control = self._register.control
        return Fault.NONE if code in ("93", "99") and not control.from_login else control.fault

    async def _write(self, data: bytes, *, spared: bool) -> bool:
        control = self._register.control
        fault = Fault.NONE if spared and not control.from_login else control.fault
        match fault:
            case Fault.HANG:
                return await self._hang(data)
            case Fault.CLOSE:
                return False
            case Fault.SLOW:
                await asyncio.sleep(control.seconds)
                self._writer.write(data)
            case Fault.LATE_ANSWER:
                self._register.later(self._writer, data, control.seconds)
            case _:
                self._writer.write(spoilt(data, fault))
        return True

    async def _hang(self, data: bytes) -> bool:
        """As a register whose database stood still: the answer comes when the fault ends, if anybody still listens."""
        while self._register.control.fault is Fault.HANG:
            if self._writer.is_closing():
                return False
            await asyncio.sleep(_LOOK_AGAIN)
        self._writer.write(data)
        return True


def spoilt(data: bytes, fault: Fault) -> bytes:
    """The bytes of an answer as a register with this fault sends them."""
    if fault is Fault.NO_CR:
        return data.rstrip(b"\r\n")
    mark = data.rfind(b"AY")
    if mark < 0:
        return data
    if fault is Fault.BAD_CHECKSUM:
        last = len(data.rstrip(b"\r\n")) - 1
        return data[:last] + (b"0" if data[last : last + 1] != b"0" else b"1") + data[last + 1 :]
    if fault is Fault.WRONG_SEQUENCE:
        return _with_next_sequence(data, mark)
    return data


def _with_next_sequence(data: bytes, mark: int) -> bytes:
    """Another sequence number with a checksum that fits it."""
    number = int(data[mark + 2 : mark + 3])
    other = (number + 1) % 10
    body, end = data[:mark], data[len(data.rstrip(b"\r\n")) :]
    head = body + b"AY%dAZ" % other
    return head + checksum(head) + end


async def serve(
    library: Library,
    host: str,
    port: int,
    *,
    accounts: Iterable[RegisterAccount],
    clock: Clock,
    dialect: Dialect = KOHA_LIKE,
    control: RegisterControl | None = None,
) -> Register:
    """A register that listens; raises OSError where the port is taken. Await its `run` to serve until cancelled."""
    register = Register(library, accounts, clock, dialect=dialect, control=control)
    await register.start(host, port)
    return register
