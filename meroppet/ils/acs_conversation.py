"""One connection to the demo register: who is signed in, what is answered, and what a fault makes of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from meroppet.ils.acs_answers import Desk, NoAnswer, about_another_item, about_someone_else, answer, login_answer
from meroppet.ils.acs_crowds import as_seen
from meroppet.ils.acs_dialects import Dialect, Odd
from meroppet.ils.acs_faults import Fault, spoilt
from meroppet.ils.library import Library
from meroppet.sip2.acs_session import AcsEvent, AcsSession, EmptyLine, Gibberish, Reply, Request
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.request_views import LoginRequest, TerminalStatus

_LOOK_AGAIN = 0.05
_BETWEEN_PACKETS = 0.01
_SIP_2_ONLY = frozenset({"15", "17", "19", "25", "29", "35", "37", "63", "65"})
"""What a Koha that was told another version than 2.00 does not answer."""


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
    idle_seconds: float | None = None
    """Another idle limit than the dialect's."""


@dataclass(frozen=True, slots=True)
class RegisterAccount:
    """Someone who may log in; the account decides the branch."""

    user: str
    password: str = field(repr=False)
    branch: str


class House(Protocol):
    """What a conversation needs of the register around it."""

    library: Library
    control: RegisterControl

    def account(self, user: str, password: str) -> RegisterAccount | None:
        """The account, if the password is its own."""
        ...

    def desk(self, account: RegisterAccount, dialect: Dialect) -> Desk:
        """Where this account's requests arrive, now."""
        ...

    def later(self, write: Callable[[], None], seconds: float) -> None:
        """Do something after a while."""
        ...


class Conversation:
    """One connection's talk, from the first byte to the last."""

    def __init__(
        self, house: House, dialect: Dialect, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._house = house
        self._dialect = dialect
        self._reader = reader
        self._writer = writer
        self._session = AcsSession(dialect.form)
        self._account: RegisterAccount | None = None
        self._is_sip_2 = True
        self._kept: bytes | None = None

    async def hold(self) -> None:
        """Answer until one side ends it, or until no whole line has come for as long as the dialect waits."""
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(heard + self._patience):
                    data = await self._reader.read(16 * 1024)
            except TimeoutError:
                return
            if not data:
                return
            events = self._session.receive(data)
            # Half a request does not keep a connection alive (as seen from Koha).
            heard = loop.time() if events else heard
            for event in events:
                if not await self._handle(event):
                    return
            await self._writer.drain()
            heard = loop.time() if events else heard

    @property
    def _is_alone(self) -> bool:
        """True when the other side has hung up."""
        return self._writer.is_closing() or self._reader.at_eof()

    @property
    def _patience(self) -> float:
        ordered = self._house.control.idle_seconds
        return self._dialect.idle_seconds if ordered is None else ordered

    async def _handle(self, event: AcsEvent) -> bool:
        """Whether the connection goes on."""
        match event:
            case Request(message):
                return await self._answer(message)
            case Reply(data):
                # As seen from Koha and Evergreen: who has not logged in is not even told to say it again.
                return self._account is not None and await self._write(data, spared=False)
            case EmptyLine():
                return False
            case Gibberish():
                return self._account is not None and await self._do_odd(self._dialect.odd)

    async def _answer(self, request: RawMessage) -> bool:
        if request.code == "93":
            return await self._login(LoginRequest(request))
        if self._account is None:
            return False
        control = self._house.control
        if request.code == "99":
            self._is_sip_2 = not self._dialect.is_koha or TerminalStatus(request).version == "2.00"
        else:
            control.requests += 1
        if self._fault(request.code) is Fault.ASKS_AGAIN or (not self._is_sip_2 and request.code in _SIP_2_ONLY):
            return await self._ask_again()
        desk = self._house.desk(self._account, self._dialect)
        outcome = answer(replace(desk, library=as_seen(desk.library, self._fault(request.code))), request)
        match outcome:
            case NoAnswer.HANDLER_DIED:
                return False
            case NoAnswer.UNREADABLE:
                return await self._ask_again()
            case Odd():
                return await self._do_odd(outcome)
            case RawMessage():
                told = self._misnamed(outcome)
                return await self._write(self._session.reply(request, told), spared=request.code == "99")

    def _misnamed(self, reply: RawMessage) -> RawMessage:
        match self._fault(reply.code):
            case Fault.WRONG_PATRON:
                return about_someone_else(self._house.library, reply)
            case Fault.WRONG_ITEM:
                return about_another_item(self._house.library, reply)
        return reply

    async def _login(self, request: LoginRequest) -> bool:
        account = self._house.account(request.user or "", request.password or "")
        data = self._session.reply(request.raw, login_answer(account is not None))
        if account is None and self._dialect.is_koha:
            # A refusal ends with CR LF, whatever the account says.
            data = data.rstrip(b"\r\n") + b"\r\n"
        goes_on = await self._write(data, spared=True)
        # A refused second login leaves the first one as it was.
        self._account = account or self._account
        return goes_on and self._account is not None

    async def _ask_again(self) -> bool:
        return await self._write(self._session.ask_again(), spared=False)

    async def _do_odd(self, odd: Odd) -> bool:
        match odd:
            case Odd.CLOSE:
                return False
            case Odd.IGNORE:
                return True
            case Odd.ASK_AGAIN:
                return await self._ask_again()

    def _fault(self, code: str) -> Fault:
        control = self._house.control
        return Fault.NONE if code in ("93", "94", "98", "99") and not control.from_login else control.fault

    async def _write(self, data: bytes, *, spared: bool) -> bool:
        control = self._house.control
        fault = Fault.NONE if spared and not control.from_login else control.fault
        if control.fault is Fault.OFFLINE:
            data = spoilt(data, Fault.OFFLINE)
        before, self._kept = self._kept, data
        match fault:
            case Fault.HANG:
                return await self._hang(data)
            case Fault.CLOSE:
                return False
            case Fault.SLOW:
                await asyncio.sleep(control.seconds)
                self._writer.write(data)
            case Fault.LATE_ANSWER:
                self._house.later(lambda: self._write_if_open(data), control.seconds)
            case Fault.DRIP:
                await self._drip(data, control.seconds / len(data))
            case Fault.ENDLESS:
                return await self._flood()
            case Fault.LAST_ANSWER:
                self._writer.write(before or data)
            case Fault.HALF_ANSWER:
                return await self._send_half(data)
            case _:
                await self._send(spoilt(data, fault))
        return True

    async def _send(self, data: bytes) -> None:
        half = len(data) // 2 if self._dialect.is_split else 0
        if half:
            self._writer.write(data[:half])
            await self._writer.drain()
            await asyncio.sleep(_BETWEEN_PACKETS)
        self._writer.write(data[half:])

    async def _send_half(self, data: bytes) -> bool:
        self._writer.write(spoilt(data, Fault.HALF_ANSWER))
        await self._writer.drain()
        self._writer.close()
        return False

    def _write_if_open(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def _drip(self, data: bytes, pause: float) -> None:
        for byte in data:
            if self._is_alone:
                return
            self._writer.write(bytes([byte]))
            await asyncio.sleep(pause)

    async def _flood(self) -> bool:
        while self._house.control.fault is Fault.ENDLESS and not self._is_alone:
            self._writer.write(b"64 " * 1000)
            await self._writer.drain()
            await asyncio.sleep(_BETWEEN_PACKETS)
        return False

    async def _hang(self, data: bytes) -> bool:
        """As a register whose database stood still: the answer comes when the fault ends, if anybody still listens."""
        while self._house.control.fault is Fault.HANG:
            if self._is_alone:
                return False
            await asyncio.sleep(_LOOK_AGAIN)
        self._writer.write(data)
        return True
