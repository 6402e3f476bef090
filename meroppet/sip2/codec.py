"""Lines of bytes to raw messages and back, and the cutting of a stream into lines."""

import re
import unicodedata
from dataclasses import dataclass

from meroppet.sip2.checksum import checksum, is_valid
from meroppet.sip2.errors import SIP2MalformedError, SIP2TooLongError
from meroppet.sip2.fields import without_forbidden
from meroppet.sip2.messages import MESSAGES, UNKNOWN, Checksum, RawMessage

MAX_LINE = 64 * 1024

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_IDENTIFIERS = frozenset(first + second for first in _LETTERS for second in _LETTERS)
_TRAILER_ROOM = 24
"""The trailer stands within the last bytes of a line: `|AY1AZFFFF|` and some blanks."""
# AY may follow a value without delimiter (seen from several systems); AZ alone must stand where a field can begin, else
# a title that ends in "…BRAZ" would read as a broken checksum.
_TRAILER = re.compile(
    rb"\|?AY(?P<seq>[^|])AZ(?P<sum>[^|]{0,8})\|?\s*$|(?P<lone>\|?)AZ(?P<alone>[0-9A-Fa-f]{1,4})\|?\s*$"
)
_NOISE = b"\r\n\0 "


@dataclass(frozen=True, slots=True)
class TextCoding:
    """How text is read and written: strictly as `charset`, else as `fallback`, else with replacement characters."""

    charset: str = "utf-8"
    fallback: str | None = "cp850"

    def read(self, raw: bytes) -> str:
        """The text in NFC (some registers send decomposed letters); what is no text is replaced (U+FFFD)."""
        if raw.isascii():
            # ASCII is the same in every encoding registers use, and always in NFC.
            return raw.decode("ascii")
        for name in (self.charset, self.fallback):
            if name is None:
                continue
            try:
                return unicodedata.normalize("NFC", raw.decode(name))
            except UnicodeDecodeError:
                continue
        return unicodedata.normalize("NFC", raw.decode(self.charset, "replace"))

    def write(self, text: str) -> bytes:
        """The text in `charset`; what it lacks loses its accents, else becomes "?". Never raises."""
        text = unicodedata.normalize("NFC", text)
        try:
            return text.encode(self.charset)
        except UnicodeEncodeError:
            return b"".join(self._write_letter(letter) for letter in text)

    def _write_letter(self, letter: str) -> bytes:
        try:
            return letter.encode(self.charset)
        except UnicodeEncodeError:
            plain = unicodedata.normalize("NFKD", letter)[:1]
            return plain.encode("ascii") if plain.isascii() and plain.isprintable() else b"?"

    def can_write(self, text: str) -> bool:
        """True when every character has a place in `charset`; passwords must, or another one would be sent."""
        try:
            text.encode(self.charset)
        except UnicodeEncodeError:
            return False
        return True


class LineCutter:
    """Cuts a stream into lines on CR, LF or CRLF; any split of the stream gives the same lines."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without terminators, empty ones dropped; SIP2TooLongError beyond the cap."""
        self._buffer += data
        if b"\r" not in data and b"\n" not in data:
            self._refuse_long(self._buffer)
            return []
        *lines, rest = bytes(self._buffer).replace(b"\n", b"\r").split(b"\r")
        self._buffer = bytearray(rest)
        for line in (*lines, rest):
            self._refuse_long(line)
        return [stripped for line in lines if (stripped := line.lstrip(_NOISE))]

    @property
    def unfinished(self) -> bytes:
        """What has come since the last terminator."""
        return bytes(self._buffer)

    def clear(self) -> None:
        """Forget the unfinished line."""
        self._buffer.clear()

    def _refuse_long(self, line: bytes | bytearray) -> None:
        if len(line) > self._limit:
            raise SIP2TooLongError(f"a line of more than {self._limit} bytes")


def decode(line: bytes, coding: TextCoding | None = None, delimiter: str = "|") -> RawMessage:
    """One line without terminator to a raw message; the checksum is verified over the bytes before any text is decoded.

    Raises SIP2MalformedError where there is no message code; a wrong checksum or a short header is told in the result.
    """
    line = line.strip(_NOISE[:3]).lstrip(b" ")
    if len(line) < 2 or not line[:2].isdigit():
        raise SIP2MalformedError(f"no message code at the start of a line of {len(line)} bytes")
    code = line[:2].decode("ascii")
    spec = MESSAGES.get(code, UNKNOWN)
    body, sequence, verdict = _split_trailer(line, spec.width, delimiter)
    coding = coding or TextCoding()
    width = spec.width
    if spec is UNKNOWN and delimiter.encode() not in body:
        # Nothing tells where the header of an unknown message ends; without a delimiter all of it is header.
        width = len(body) - 2
    # Widths count bytes; fixed fields are ASCII by the norm, so anything else is read byte by byte.
    fixed = body[2 : 2 + width].decode("latin-1")
    text = coding.read(body[2 + width :])
    return RawMessage(code, fixed, _fields(text, delimiter), sequence, verdict)


def _split_trailer(line: bytes, width: int, delimiter: str) -> tuple[bytes, int | None, Checksum]:
    """The line without AY/AZ, the sequence number and what the checksum says."""
    found = _TRAILER.search(line, max(2, len(line) - _TRAILER_ROOM))
    if found is None:
        return line, None, Checksum.ABSENT
    alone = found["alone"]
    may_begin = found["lone"] or found.start() in (2, 2 + width) or line[found.start() - 1] == ord(delimiter)
    if alone is not None and not may_begin:
        return line, None, Checksum.ABSENT
    digits = alone if alone is not None else found["sum"].strip()
    end = found.start("alone") if alone is not None else found.start("sum")
    verdict = Checksum.VALID if is_valid(line[:end], digits) else Checksum.INVALID
    mark = found["seq"] or b""
    return line[: found.start()], int(mark) if mark.isdigit() else None, verdict


def _fields(text: str, delimiter: str) -> tuple[tuple[str, str], ...]:
    """Pairs of identifier and value; a piece that cannot begin a field belongs to the value before it (stray `|`)."""
    found = [(piece[:2], piece[2:]) for piece in text.split(delimiter) if piece]
    if _IDENTIFIERS.issuperset(dict(found)):
        return tuple(found)
    return _joined(text.split(delimiter), delimiter)


def _joined(pieces: list[str], delimiter: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for piece in pieces:
        if piece[:2] in _IDENTIFIERS or (piece.strip() and not found):
            found.append((piece[:2], piece[2:]))
        elif piece.strip():
            identifier, value = found[-1]
            found[-1] = (identifier, f"{value}{delimiter}{piece}")
    return tuple(found)


def encode(
    message: RawMessage,
    coding: TextCoding | None = None,
    *,
    sequence: int | None = None,
    error_detection: bool = True,
    terminator: bytes = b"\r",
    delimiter: str = "|",
) -> bytes:
    """One message as bytes; never raises: what the encoding lacks is replaced, delimiters in values are removed.

    With error detection, 96 and 97 carry AZ alone, all others AY and AZ (3M guide). Without a sequence there is no AY.
    """
    coding = coding or TextCoding()
    fixed = without_forbidden(message.fixed).encode("ascii", "replace")
    values = "".join(
        f"{identifier}{without_forbidden(value).replace(delimiter, '')}{delimiter}"
        for identifier, value in message.fields
    )
    body = message.code.encode("ascii", "replace") + fixed + coding.write(values)
    if not error_detection:
        return body + terminator
    if sequence is not None and message.code not in ("96", "97"):
        body += b"AY%d" % (sequence % 10)
    body += b"AZ"
    return body + checksum(body) + terminator
