"""One raw connection to a register: bytes out, one line of bytes in, and how long it took. Nothing is believed here."""

import asyncio
import hashlib
import os
import socket
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum

from meroppet.ils.sip2_connection import Sip2Account, Tls
from meroppet.runtime.clock import Clock

_READ_AT_ONCE = 16 * 1024
_LONGEST = 64 * 1024
_END = b"\r\n"


class Ended(StrEnum):
    """How the wait for an answer ended."""

    LINE = "line"
    SILENT = "silent"
    UNFINISHED = "unfinished"
    UNASKED = "unasked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, repr=False)
class Heard:
    """What came: the line without its end, the end itself, and the time it took."""

    ended: Ended
    line: bytes = b""
    terminator: bytes = b""
    seconds: float = 0.0


class Unreachable(Exception):
    """No connection, or not the one that was wanted. `says` is a code, `values` belong to it."""

    def __init__(self, says: str, **values: str) -> None:
        super().__init__(says)
        self.says = says
        self.values = values


class Line:
    """A connection, from `open_line`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, clock: Clock) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._rest = b""

    async def ask(self, data: bytes, patience: float) -> Heard:
        """Send, and wait for one line; nothing is sent where there is one already that nobody asked for."""
        if _has_line(self._rest):
            return Heard(Ended.UNASKED)
        begun = self._clock.monotonic()
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            return Heard(Ended.CLOSED, seconds=self._clock.monotonic() - begun)
        return await self.hear(patience, begun)

    async def hear(self, patience: float, begun: float | None = None) -> Heard:
        """Wait for one line."""
        begun = self._clock.monotonic() if begun is None else begun
        ended = Ended.LINE
        try:
            async with asyncio.timeout(patience):
                while not _has_line(self._rest):
                    if len(self._rest) > _LONGEST:
                        ended = Ended.UNFINISHED
                        break
                    if not await self._read():
                        ended = Ended.CLOSED
                        break
        except TimeoutError:
            ended = Ended.UNFINISHED if self._rest.strip(_END) else Ended.SILENT
        seconds = self._clock.monotonic() - begun
        if ended is not Ended.LINE:
            return Heard(ended, self._rest.lstrip(_END), seconds=seconds)
        line, terminator = self._take()
        return Heard(ended, line, terminator, seconds)

    async def is_closed_within(self, seconds: float) -> bool:
        """Wait in silence for the register to hang up."""
        try:
            async with asyncio.timeout(seconds):
                return not await self._read()
        except TimeoutError:
            return False

    async def _read(self) -> bool:
        try:
            data = await self._reader.read(_READ_AT_ONCE)
        except OSError:
            return False
        self._rest += data
        return bool(data)

    def _take(self) -> tuple[bytes, bytes]:
        """The first line; what follows it is kept. An LF that comes a packet later is dropped with the next line."""
        text = self._rest.lstrip(_END)
        cut = min(place for place in (text.find(b"\r"), text.find(b"\n")) if place >= 0)
        end = b"\r\n" if text[cut : cut + 2] == b"\r\n" else text[cut : cut + 1]
        self._rest = text[cut + len(end) :]
        return text[:cut], end

    def close(self) -> None:
        """Drop the connection."""
        self._writer.transport.abort()


def _has_line(data: bytes) -> bool:
    text = data.lstrip(_END)
    return b"\r" in text or b"\n" in text


async def open_line(account: Sip2Account, clock: Clock, patience: float) -> Line:
    """A connection, encrypted as the account wants it; raises Unreachable."""
    if not account.may_connect:
        raise Unreachable("not_encrypted", host=account.host, how="plain_text = true")
    try:
        context = _context(account.tls) if account.tls is not None else None
    except OSError as error:
        why = f"{account.tls.ca_file if account.tls is not None else ''}: {_why(error)}"
        raise Unreachable("certificate_unreadable", why=why) from error
    try:
        async with asyncio.timeout(patience):
            reader, writer = await _connect(account, context)
    except TimeoutError as error:
        raise Unreachable("no_connection_in_time", seconds=f"{patience:g}") from error
    except ssl.SSLCertVerificationError as error:
        seen = await _fingerprint(account, patience)
        raise Unreachable("certificate_not_trusted", why=error.verify_message, sha256=seen) from error
    except ssl.SSLError as error:
        raise Unreachable("no_tls_there", why=_in_words(error)) from error
    except ConnectionResetError as error:
        # It was there and hung up at the first words of TLS.
        raise Unreachable("hangs_up_at_tls" if context is not None else "cannot_connect", why=_why(error)) from error
    except (ValueError, OverflowError) as error:
        # A host name that no name server could be asked for; a port beyond 65535.
        raise Unreachable("cannot_connect", why=str(error)) from error
    except OSError as error:
        raise Unreachable("cannot_connect", why=_why(error)) from error
    if account.tls is not None and account.tls.pinned_sha256 is not None:
        seen = _sha256(writer)
        if seen != account.tls.pinned_sha256.replace(":", "").lower():
            writer.transport.abort()
            raise Unreachable("certificate_not_pinned", sha256=seen)
    return Line(reader, writer, clock)


def _why(error: OSError) -> str:
    """The system's own words; a name nobody knows has an error number of another kind."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error) or "the connection failed"
    return os.strerror(error.errno)


def _in_words(error: ssl.SSLError) -> str:
    """OpenSSL names its reasons like WRONG_VERSION_NUMBER."""
    return (error.reason or "no reason told").replace("_", " ").lower()


def _connect(
    account: Sip2Account, context: ssl.SSLContext | None
) -> Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    name = (account.tls.server_name or account.host) if account.tls is not None else None
    return asyncio.open_connection(account.host, account.port, ssl=context, server_hostname=name)


def _context(tls: Tls) -> ssl.SSLContext:
    if tls.pinned_sha256 is not None:
        return _unverified()
    return ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file is not None else None)


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _fingerprint(account: Sip2Account, patience: float) -> str:
    """The certificate that was shown, so that whoever trusts it can pin it; nothing is said on this connection."""
    try:
        async with asyncio.timeout(patience):
            _, writer = await _connect(account, _unverified())
    except (OSError, TimeoutError):
        return ""
    seen = _sha256(writer)
    writer.transport.abort()
    return seen


def _sha256(writer: asyncio.StreamWriter) -> str:
    channel = writer.get_extra_info("ssl_object")
    certificate = channel.getpeercert(binary_form=True) if channel is not None else None
    return hashlib.sha256(certificate or b"").hexdigest()
