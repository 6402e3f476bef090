"""The library system's side of one SIP2 connection without I/O: lines in, requests or finished replies out."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.sip2.codec import MAX_LINE, LineCutter, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2Error, SIP2TooLongError
from meroppet.sip2.messages import Checksum, RawMessage, build

# Koha takes everything off both ends of a line that is not in this range, the end of a last field's value included.
_TRIMMED = re.compile(rb"\A[^A-z0-9]+|[^A-z0-9]+\Z")


class Repeat(StrEnum):
    """How the last answer is sent again on 97; all were seen from running registers."""

    SAME = "same"
    """The same bytes."""
    ZERO = "zero"
    """With sequence number 0 and a checksum that fits it."""
    BARE = "bare"
    """Without sequence number and checksum."""
    GARBLED = "garbled"
    """Bare, with letters outside ASCII encoded twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcsForm:
    """How one register treats bytes."""

    coding: TextCoding = field(default_factory=TextCoding)
    terminator: bytes = b"\r"
    delimiter: str = "|"
    error_detection: bool = True
    """Whether checksums are verified, and given to those who gave one."""
    trims: bool = False
    lf_ends_line: bool = True
    """Where it does not, CR alone ends a line, and an empty line is an event."""
    repeats: Repeat = Repeat.BARE
    again_terminator: bytes = b"\r"
    """What ends 96; registers were seen to use a bare CR whatever their terminator is, and nothing at all."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be answered with `AcsSession.reply`."""

    message: RawMessage


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes to write at once: 96, or the last answer again."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Gibberish:
    """A line with no message in it; what to do about it is the dialect's choice."""


@dataclass(frozen=True, slots=True)
class EmptyLine:
    """A terminator with nothing before it."""


AcsEvent = Request | Reply | Gibberish | EmptyLine


class AcsSession:
    """Answers with a trailer exactly when the request had one, repeats its last answer on 97."""

    def __init__(self, form: AcsForm) -> None:
        self._form = form
        self._cutter = LineCutter()
        self._unfinished = b""
        self._last: tuple[RawMessage, bytes, bool] | None = None

    def receive(self, data: bytes) -> list[AcsEvent]:
        """The events in what was read; SIP2TooLongError where the stream must be closed."""
        if self._form.lf_ends_line:
            return [self._event(line) for line in self._cutter.feed(data)]
        *lines, self._unfinished = (self._unfinished + data.replace(b"\n", b"")).split(b"\r")
        if any(len(line) > MAX_LINE for line in (*lines, self._unfinished)):
            raise SIP2TooLongError(f"a line of more than {MAX_LINE} bytes")
        return [self._event(line) for line in lines]

    def reply(self, request: RawMessage, answer: RawMessage) -> bytes:
        """The bytes of an answer, with the request's sequence number and a checksum if the request carried one."""
        detected = request.checksum is not Checksum.ABSENT and self._form.error_detection
        data = self._bytes(answer, request.sequence, detected)
        self._last = answer, data, detected
        return data

    def _event(self, line: bytes) -> AcsEvent:
        if not line:
            return EmptyLine()
        if self._form.trims:
            line = _TRIMMED.sub(b"", line)
        try:
            message = decode(line, self._form.coding, self._form.delimiter)
        except SIP2Error:
            return Gibberish()
        if message.checksum is Checksum.INVALID and self._form.error_detection:
            return Reply(self.ask_again())
        if message.code == "97":
            return Reply(self._repeat())
        return Request(message)

    def _repeat(self) -> bytes:
        if self._last is None:
            return self.ask_again()
        answer, data, detected = self._last
        match self._form.repeats:
            case Repeat.SAME:
                return data
            case Repeat.ZERO:
                return self._bytes(answer, 0, detected)
            case Repeat.BARE:
                return self._bytes(answer, None, detected=False, terminator=b"\r")
            case Repeat.GARBLED:
                bare = self._bytes(answer, None, detected=False, terminator=b"\r")
                return bare.decode("latin-1").encode()

    def ask_again(self) -> bytes:
        """96."""
        form = self._form
        return encode(
            build("96", {}),
            form.coding,
            error_detection=form.error_detection,
            terminator=form.again_terminator,
            delimiter=form.delimiter,
        )

    def _bytes(
        self, message: RawMessage, sequence: int | None, detected: bool, terminator: bytes | None = None
    ) -> bytes:
        form = self._form
        return encode(
            message,
            form.coding,
            sequence=sequence,
            error_detection=detected,
            terminator=form.terminator if terminator is None else terminator,
            delimiter=form.delimiter,
        )
