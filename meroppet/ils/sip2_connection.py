"""One connection to a SIP2 register: opened, logged in, one exchange at a time, dropped at the first doubt."""

import asyncio
import hashlib
import hmac
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path

from meroppet.ils.loopback import is_loopback
from meroppet.ils.ports import UnavailableCause
from meroppet.ils.profiles import SiteProfile
from meroppet.sip2 import requests
from meroppet.sip2.errors import SIP2LocalError
from meroppet.sip2.messages import RawMessage
from meroppet.sip2.session import Answer, Broken, Cause, ClientSession, Event, Resend
from meroppet.sip2.views import AcsStatusView

_READ_AT_ONCE = 16 * 1024
_UNFINISHED_WAIT = 0.1
"""How long a 96 without its CR is waited for."""

_CAUSES = {
    Cause.LOGIN_REFUSED: UnavailableCause.LOGIN_REFUSED,
    Cause.BAD_CHECKSUM: UnavailableCause.BAD_CHECKSUM,
    Cause.MALFORMED: UnavailableCause.MALFORMED,
    Cause.UNASKED: UnavailableCause.WRONG_SEQUENCE,
    Cause.OFFLINE: UnavailableCause.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Tls:
    """How the register proves itself: a CA file (None: the system's), or the SHA-256 of its certificate, in hex."""

    ca_file: Path | None = None
    pinned_sha256: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Sip2Account:
    """Where a register is and as whom to log in; the register often decides the branch by this account.

    An empty `user` means that the register wants no login.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    institution: str = ""
    location: str | None = None
    terminal_password: str = field(default="", repr=False)
    zone: str = "Europe/Stockholm"
    tls: Tls | None = None
    plain_text_hosts: frozenset[str] = frozenset()
    """Hosts that the operator's configuration allows to be spoken to without encryption; loopback always is."""

    @property
    def is_exposed(self) -> bool:
        """True where a PIN crosses a network in plain text."""
        return self.tls is None and not is_loopback(self.host)

    @property
    def may_connect(self) -> bool:
        """False where a PIN would cross a network in plain text without the operator having said so."""
        return not self.is_exposed or self.host in self.plain_text_hosts


class Lost(Exception):
    """The connection is of no use any more. `sent` tells whether the request it was lost in had gone out."""

    def __init__(self, cause: UnavailableCause, *, sent: bool = False) -> None:
        super().__init__(cause.value)
        self.cause = cause
        self.sent = sent


class Sip2Connection:
    """A logged-in connection, from `open_connection`; after `Lost` or a cancelled exchange only `close` may follow."""

    def __init__(self, profile: SiteProfile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._session = ClientSession(profile.wire)
        self._reader = reader
        self._writer = writer
        self.status: AcsStatusView | None = None

    async def begin(self, account: Sip2Account, profile: SiteProfile) -> None:
        """Log in, where the register wants that, and ask for its status; raises Lost."""
        if profile.wire.needs_login:
            location = account.location if profile.location_at_login else None
            await self.exchange(requests.login(account.user, account.password, location))
        self.status = AcsStatusView((await self.exchange(requests.sc_status())).message)

    async def exchange(self, request: RawMessage) -> Answer:
        """Send one request and wait for its answer; raises Lost; the deadline is the caller's."""
        sent = False
        try:
            # No name for the bytes: a traceback that shows variables must not show a PIN.
            self._writer.write(self._session.send(request))
            sent = True
            await self._writer.drain()
            return await self._answer()
        except OSError as error:
            raise Lost(UnavailableCause.CLOSED, sent=sent) from error
        except SIP2LocalError as error:
            raise Lost(UnavailableCause.MALFORMED, sent=sent) from error

    async def _answer(self) -> Answer:
        while True:
            for event in await self._events():
                match event:
                    case Answer():
                        return event
                    case Resend():
                        self._writer.write(event.data)
                        await self._writer.drain()
                    case Broken(cause):
                        raise Lost(_CAUSES[cause], sent=True)

    async def _events(self) -> list[Event]:
        # What was read has no name here, either: an answer tells who the patron is.
        events = self._session.receive(await self._read())
        return events or await self._after_silence()

    async def _after_silence(self) -> list[Event]:
        try:
            async with asyncio.timeout(_UNFINISHED_WAIT):
                return self._session.receive(await self._read())
        except TimeoutError:
            return self._session.silence()

    async def _read(self) -> bytes:
        data = await self._reader.read(_READ_AT_ONCE)
        if not data:
            raise Lost(UnavailableCause.CLOSED, sent=True)
        return data

    @property
    def has_discarded(self) -> bool:
        """True when an answer to some other request came while the last one was waited for."""
        return self._session.has_discarded

    async def is_quiet(self) -> bool:
        """False once the register has closed its side, or has said something that nobody asked for."""
        # Two turns of the loop: one for it to see what lies in the socket, one for the stream to take it.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(0):
                self._session.receive(await self._read())
        except TimeoutError:
            pass
        except (OSError, Lost):
            return False
        return self._session.is_idle and not self._writer.is_closing()

    def close(self) -> None:
        """Drop the connection at once; nothing that still arrives on it is ever read."""
        self._writer.transport.abort()


async def open_connection(profile: SiteProfile, account: Sip2Account) -> Sip2Connection:
    """A connection that is logged in and has heard 98; raises Lost. No fallback to plain text, ever."""
    if not account.may_connect:
        raise Lost(UnavailableCause.NOT_ENCRYPTED)
    context = _context(account.tls) if account.tls is not None else None
    server_name = (account.tls.server_name or account.host) if account.tls is not None else None
    try:
        reader, writer = await asyncio.open_connection(
            account.host, account.port, ssl=context, server_hostname=server_name, limit=_READ_AT_ONCE
        )
    except ssl.SSLError as error:
        raise Lost(UnavailableCause.NOT_ENCRYPTED) from error
    except (OSError, ValueError, OverflowError) as error:
        # ValueError: a host name that no name server could be asked for; OverflowError: a port beyond 65535.
        raise Lost(UnavailableCause.REFUSED) from error
    if not account.user:
        profile = replace(profile, wire=replace(profile.wire, needs_login=False))
    connection = Sip2Connection(profile, reader, writer)
    try:
        if account.tls is not None:
            _refuse_other_certificate(account.tls, writer)
        await connection.begin(account, profile)
    except BaseException:
        connection.close()
        raise
    return connection


def _context(tls: Tls) -> ssl.SSLContext:
    if tls.pinned_sha256 is not None:
        # The certificate itself is compared instead, so a register's self-signed one can be trusted, and only that one.
        # Not the default context: reading all of the system's authorities takes a good part of a door's time.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        try:
            context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file is not None else None)
        except OSError as error:
            raise Lost(UnavailableCause.NOT_ENCRYPTED) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _refuse_other_certificate(tls: Tls, writer: asyncio.StreamWriter) -> None:
    if tls.pinned_sha256 is None:
        return
    channel = writer.get_extra_info("ssl_object")
    certificate = channel.getpeercert(binary_form=True) if channel is not None else None
    seen = hashlib.sha256(certificate or b"").hexdigest()
    if not hmac.compare_digest(seen.encode(), tls.pinned_sha256.replace(":", "").lower().encode()):
        raise Lost(UnavailableCause.NOT_ENCRYPTED)
