"""The library system's side of one SIP2 connection without I/O: lines in, requests or finished replies out."""

import re
from dataclasses import dataclass

from meroppet.sip2.codec import LineCutter, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2Error
from meroppet.sip2.messages import Checksum, RawMessage, build

# Koha takes everything off both ends of a line that is not in this range, the end of a last field's value included.
_TRIMMED = re.compile(rb"\A[^A-z0-9]+|[^A-z0-9]+\Z")


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


class AcsSession:
    """Answers with a trailer exactly when the request had one, repeats its last answer on 97."""

    def __init__(self, coding: TextCoding, terminator: bytes = b"\r", *, trims: bool = False) -> None:
        self._coding = coding
        self._terminator = terminator
        self._trims = trims
        self._cutter = LineCutter()
        self._last: RawMessage | None = None

    def receive(self, data: bytes) -> list[Request | Reply | Gibberish]:
        """The events in what was read; SIP2TooLongError where the stream must be closed."""
        return [self._event(line) for line in self._cutter.feed(data)]

    def reply(self, request: RawMessage, answer: RawMessage) -> bytes:
        """The bytes of an answer, with the request's sequence number and a checksum if the request carried one."""
        self._last = answer
        return self._bytes(answer, request.sequence, request.checksum is not Checksum.ABSENT)

    def _event(self, line: bytes) -> Request | Reply | Gibberish:
        if self._trims:
            line = _TRIMMED.sub(b"", line)
        try:
            message = decode(line, self._coding)
        except SIP2Error:
            return Gibberish()
        if message.checksum is Checksum.INVALID:
            return Reply(self.ask_again())
        if message.code == "97":
            return Reply(self._repeat())
        return Request(message)

    def _repeat(self) -> bytes:
        # As registers were seen to do: the same text again, without sequence number or checksum.
        return self.ask_again() if self._last is None else self._bytes(self._last, None, detected=False)

    def ask_again(self) -> bytes:
        """96, which ends with a bare CR whatever the terminator is, as registers were seen to do."""
        return encode(build("96", {}), self._coding, terminator=b"\r")

    def _bytes(self, message: RawMessage, sequence: int | None, detected: bool) -> bytes:
        return encode(message, self._coding, sequence=sequence, error_detection=detected, terminator=self._terminator)
