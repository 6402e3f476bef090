"""Asking a register question after question, whatever it does: opened again when it hangs up, else stopped."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from meroppet.ils.doctor.findings import Check, Finding, Judged, Pace
from meroppet.ils.doctor.line import Ended, Heard, Line, Unreachable, open_line
from meroppet.ils.doctor.subject import Patience
from meroppet.ils.sip2_connection import Sip2Account
from meroppet.runtime.clock import Clock
from meroppet.sip2 import requests
from meroppet.sip2.codec import TextCoding, decode, encode
from meroppet.sip2.errors import SIP2Error
from meroppet.sip2.messages import MESSAGES, RESPONSE_TO, Checksum, RawMessage

# Every byte is a letter of latin-1, so nothing is lost before it is known which encoding the register writes.
_BYTES = TextCoding("latin-1", None)
_SENDING = TextCoding("utf-8")
_LONGEST_SHOWN = 24


class Stop(Exception):
    """The examination cannot go on; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.says)
        self.finding = finding


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What a question led to; `message` is None for anything that is no SIP2 message."""

    heard: Heard
    message: RawMessage | None = None
    is_in_sequence: bool = True

    @property
    def is_good(self) -> bool:
        """True for a message that answers the question, and can be believed."""
        return self.message is not None and self.message.checksum is not Checksum.INVALID and self.is_in_sequence


@dataclass(slots=True)
class Wants:
    """How the register wants to be spoken to, as far as it is known yet."""

    terminator: bytes = b"\r"
    error_detection: bool = True
    needs_login: bool = True
    delimiter: str = "|"


@dataclass(slots=True)
class Bench:
    """One register on the bench: a connection, and everything it has said so far that is of use later."""

    account: Sip2Account
    clock: Clock
    patience: Patience
    tell: Callable[[Finding], None]
    wants: Wants = field(default_factory=Wants)
    status: RawMessage | None = None
    texts: list[bytes] = field(default_factory=list, repr=False)
    stamps: list[str] = field(default_factory=list)
    terminators: set[bytes] = field(default_factory=set)
    paces: list[Pace] = field(default_factory=list)
    sequence: int = -1
    sums_code_points: bool = False
    """An answer's checksum was over characters instead of bytes."""
    _line: Line | None = field(default=None, repr=False)

    def found(self, check: Check, judged: Judged, says: str, **values: str) -> None:
        """Tell a finding."""
        self.tell(Finding(check, judged, says, values))

    def now(self) -> datetime:
        """The register's wall clock, as the account's zone has it."""
        return self.clock.now().astimezone(ZoneInfo(self.account.zone))

    async def open(self) -> None:
        """A new connection, not logged in; raises Unreachable."""
        self.close()
        self._line = await open_line(self.account, self.clock, self.patience.answer)
        self.sequence = -1

    async def open_again(self) -> None:
        """A new connection, logged in as the last one was; raises Stop."""
        try:
            await self.open()
        except Unreachable as error:
            raise Stop(Finding(Check.REACH, Judged.FAILED, "cannot_connect_again")) from error
        if self.wants.needs_login:
            await self.must(
                requests.login(self.account.user, self.account.password, self.account.location), Check.LOGIN
            )
        await self.must(requests.sc_status(), Check.STATUS)

    def close(self) -> None:
        """Drop the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def bytes_of(self, message: RawMessage) -> bytes:
        """A request as it goes out now, with the next sequence number."""
        self.sequence = (self.sequence + 1) % 10
        wants = self.wants
        return encode(
            message,
            _SENDING,
            sequence=self.sequence,
            error_detection=wants.error_detection,
            terminator=wants.terminator,
            delimiter=wants.delimiter,
        )

    async def ask(self, message: RawMessage) -> Reply:
        """One question on the open connection. Anything but a whole answer leaves the connection of no use."""
        if self._line is None:
            # Opened first: a new connection counts its sequence numbers from the beginning.
            await self.open_again()
        return await self.ask_bytes(self.bytes_of(message))

    async def ask_bytes(self, data: bytes) -> Reply:
        """The same with bytes that are already made, on a connection that is open."""
        assert self._line is not None  # noqa: S101 (narrowing: `ask` opens it, or Stop was raised)
        heard = await self._line.ask(data, self.patience.answer)
        reply = self.read(heard)
        if not reply.is_good:
            return reply
        self.terminators.add(heard.terminator)
        return reply

    def read(self, heard: Heard) -> Reply:
        """What a line is."""
        if heard.ended is not Ended.LINE:
            return Reply(heard)
        try:
            message = decode(heard.line, _BYTES, self.wants.delimiter)
        except SIP2Error:
            return Reply(heard)
        if message.code not in MESSAGES:
            return Reply(heard)
        if message.checksum is Checksum.INVALID and _is_sum_of_code_points(heard.line):
            self.sums_code_points = True
            message = replace(message, checksum=Checksum.VALID)
        told = message.sequence is None or not self.wants.error_detection or message.sequence == self.sequence
        return Reply(heard, message, told)

    async def hear_late(self) -> Reply:
        """An answer that comes after the time was up."""
        if self._line is None:
            return Reply(Heard(Ended.SILENT))
        return self.read(await self._line.hear(self.patience.answer))

    async def must(self, message: RawMessage, check: Check) -> RawMessage:
        """The answer to a question without which nothing can be examined; raises Stop with what came instead."""
        reply = await self.ask(message)
        if reply.is_good and reply.message is not None and reply.message.code == RESPONSE_TO[message.code]:
            self._keep(reply.message)
            return reply.message
        finding = await self._trouble(reply, check)
        self.close()
        raise Stop(finding)

    async def may(self, message: RawMessage) -> RawMessage | None:
        """The answer to a question a register may fail at; None then, and the next question opens a new connection."""
        reply = await self.ask(message)
        if reply.is_good and reply.message is not None and reply.message.code == RESPONSE_TO[message.code]:
            self._keep(reply.message)
            return reply.message
        self.close()
        return None

    async def is_hung_up_within(self, seconds: float) -> bool:
        """Wait in silence for the register to hang up."""
        return self._line is None or await self._line.is_closed_within(seconds)

    def _keep(self, message: RawMessage) -> None:
        """What is told apart later: letters and time stamps."""
        for name in ("AE", "AF", "AJ", "AM"):
            self.texts += [value.encode("latin-1") for value in message.all(name) if value]
        stamp = message.fixed_field("transaction_date") or message.fixed_field("date_time")
        if len(stamp) == 18 and stamp[:8].isdigit():
            self.stamps.append(stamp)

    async def _trouble(self, reply: Reply, check: Check) -> Finding:
        match reply.heard.ended:
            case Ended.SILENT:
                return await self._silent(check)
            case Ended.UNFINISHED:
                return Finding(check, Judged.FAILED, "no_line_end", {"seconds": f"{self.patience.answer:g}"})
            case Ended.UNASKED:
                return Finding(check, Judged.FAILED, "answers_unasked")
            case Ended.CLOSED:
                return Finding(check, Judged.FAILED, "closes")
            case Ended.LINE:
                return strange(reply, check)

    async def _silent(self, check: Check) -> Finding:
        late = await self.hear_late()
        waited = {"seconds": f"{self.patience.answer:g}"}
        if late.message is None:
            return Finding(check, Judged.FAILED, "no_answer", waited)
        return Finding(check, Judged.FAILED, "answers_late", waited)


def strange(reply: Reply, check: Check) -> Finding:
    """A line that is not the answer."""
    message = reply.message
    if message is None:
        return Finding(check, Judged.FAILED, *not_sip2(reply.heard.line))
    if message.checksum is Checksum.INVALID:
        return Finding(check, Judged.FAILED, "bad_checksum")
    if message.code == "96":
        return Finding(check, Judged.FAILED, "asks_again")
    if not reply.is_in_sequence:
        return Finding(check, Judged.FAILED, "wrong_sequence")
    return Finding(check, Judged.FAILED, "other_message", {"code": message.code})


def not_sip2(line: bytes) -> tuple[str, dict[str, str]]:
    """A code for what speaks there instead, and its first letters."""
    shown = line[:_LONGEST_SHOWN].decode("ascii", "replace")
    shown = "".join(letter if letter.isprintable() else "·" for letter in shown)
    if line[:1] in (b"\x15", b"\x16") and line[1:2] == b"\x03":
        return "speaks_tls", {}
    if line.startswith(b"HTTP/") or b"<html" in line.lower():
        return "speaks_http", {"shown": shown}
    return "not_sip2", {"shown": shown}


def _is_sum_of_code_points(line: bytes) -> bool:
    """Whether the checksum fits the letters instead of the bytes; some systems add up what they should not."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    head, mark, told = text.rpartition("AZ")
    return bool(mark) and f"{-sum(map(ord, head + mark)) & 0xFFFF:04X}" == told.strip()[:4].upper()
