"""Lines of bytes to raw messages and back, and the cutting of a stream into lines."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from meroppet.sip2.checksum import checksum, is_complement
from meroppet.sip2.coding import TextCoding
from meroppet.sip2.errors import SIP2MalformedError, SIP2TooLongError
from meroppet.sip2.fields import has_forbidden, without_forbidden
from meroppet.sip2.messages import MESSAGES, UNKNOWN, Checksum, RawMessage, Spec

__all__ = ["MAX_LINE", "LineCutter", "TextCoding", "decode", "encode"]

MAX_LINE = 64 * 1024

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_IDENTIFIERS = frozenset(first + second for first in _LETTERS for second in _LETTERS)
_SPECS = {code.encode("ascii"): spec for code, spec in MESSAGES.items()}
_TRAILER_ROOM = 24
"""The trailer stands within the last bytes of a line: `|AY1AZFFFF|` and some blanks."""
_NOISE = b"\r\n\0 "
_UTF8 = TextCoding()


class LineCutter:
    """Cuts a stream into lines on CR, LF or CRLF; any split of the stream gives the same lines."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._buffer = bytearray()
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without terminators, empty ones dropped.

        SIP2TooLongError beyond the cap, with the lines that came before, so that a split decides nothing here either.
        """
        self._buffer += data
        if b"\r" not in data and b"\n" not in data:
            self._refuse_long(self._buffer, [])
            return []
        *lines, rest = bytes(self._buffer).replace(b"\n", b"\r").split(b"\r")
        self._buffer = bytearray(rest)
        cut: list[bytes] = []
        for line in lines:
            self._refuse_long(line, cut)
            if stripped := line.lstrip(_NOISE):
                cut.append(stripped)
        self._refuse_long(rest, cut)
        return cut

    @property
    def unfinished(self) -> bytes:
        """What has come since the last terminator."""
        return bytes(self._buffer)

    def clear(self) -> None:
        """Forget the unfinished line."""
        self._buffer.clear()

    def _refuse_long(self, line: bytes | bytearray, before: list[bytes]) -> None:
        if len(line) > self._limit:
            raise SIP2TooLongError(f"a line of more than {self._limit} bytes", tuple(before))


def decode(
    line: bytes, coding: TextCoding = _UTF8, delimiter: str = "|", *, code_point_sum: bool = False
) -> RawMessage:
    """One line without terminator to a raw message; the checksum is verified over the bytes before any text is decoded.

    Raises SIP2MalformedError where there is no message code; a wrong checksum or a short header is told in the result.
    With `code_point_sum`, a checksum over characters instead of bytes is taken for valid too, as some peers send it.
    """
    line = line.lstrip(_NOISE).rstrip(b"\r\n\0")
    spec = _SPECS.get(line[:2]) or _unknown(line)
    start = 2 + spec.width
    if line[-9:-7] == b"AY" and line[-6:-4] == b"AZ" and checksum(line[:-4]) == line[-4:]:
        # Nearly every line. All other trailers, and all that are wrong, are looked at with more patience.
        body, sequence, verdict = line[:-9], _digit(line[-7:-6]), Checksum.VALID
    else:
        body, sequence, verdict = split_trailer(line, start, delimiter, coding if code_point_sum else None)
    if spec is UNKNOWN and delimiter.encode() not in body:
        # Nothing tells where the header of an unknown message ends; without a delimiter all of it is header.
        start = len(body)
    # Widths count bytes; fixed fields are ASCII by the norm, so anything else is read byte by byte.
    fixed, fields = body[2:start].decode("latin-1"), _fields(coding.read(body[start:]), delimiter)
    return RawMessage(spec.code if spec is not UNKNOWN else line[:2].decode("ascii"), fixed, fields, sequence, verdict)


def _unknown(line: bytes) -> Spec:
    if len(line) < 2 or not line[:2].isdigit():
        raise SIP2MalformedError(f"no message code at the start of a line of {len(line)} bytes")
    return UNKNOWN


def _digit(mark: bytes) -> int | None:
    return int(mark) if mark.isdigit() else None


@cache
def _trailer(delimiter: str) -> re.Pattern[bytes]:
    # AY may follow a value without delimiter (seen from several systems). AZ alone, or what looks like a closed field,
    # must stand where a field can begin, else a title that ends in "…BRAZ" would read as a broken checksum.
    end = re.escape(delimiter.encode())
    first = re.escape(delimiter.encode()[:1])
    return re.compile(
        rb"(?P<extra>%s)?(?P<trailer>AY(?P<seq>[^%s])AZ(?P<sum>[^%s]{0,8})|AZ(?P<lone>[0-9A-Fa-f]{1,4}))(?P<closed>%s)?\s*$"
        % (end, first, first, end)
    )


def split_trailer(
    line: bytes, start: int, delimiter: str = "|", character_sum: TextCoding | None = None
) -> tuple[bytes, int | None, Checksum]:
    """The line without AY/AZ, the sequence number and what the checksum says; `start` is where the fields begin."""
    found = _trailer(delimiter).search(line, max(2, len(line) - _TRAILER_ROOM))
    if found is None:
        return line, None, Checksum.ABSENT
    is_like_a_field = found["lone"] is not None or found["closed"] is not None
    if is_like_a_field and found["extra"] is None and found.start() not in (2, start):
        return line, None, Checksum.ABSENT
    group = "sum" if found["lone"] is None else "lone"
    upto, digits = line[: found.start(group)], found[group].strip()
    is_right = is_complement(sum(upto), digits) or (
        character_sum is not None and is_complement(character_sum.code_points(upto), digits)
    )
    verdict = Checksum.VALID if is_right else Checksum.INVALID
    return line[: found.start("trailer")], _digit(found["seq"] or b""), verdict


def _fields(text: str, delimiter: str) -> tuple[tuple[str, str], ...]:
    """Pairs of identifier and value; a piece that cannot begin a field belongs to the value before it (stray `|`)."""
    found = _field(delimiter).findall(text)
    # Each delimiter ends a field that began where a field can begin, and nothing follows the last one.
    if len(found) == text.count(delimiter) and (not text or text.endswith(delimiter)):
        return tuple(found)
    return _joined(text.split(delimiter), delimiter)


@cache
def _field(delimiter: str) -> re.Pattern[str]:
    end = re.escape(delimiter)
    return re.compile(rf"(?<![^{end}])([A-Z0-9]{{2}})([^{end}]*){end}")


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
    coding: TextCoding = _UTF8,
    *,
    sequence: int | None = None,
    error_detection: bool = True,
    terminator: bytes = b"\r",
    delimiter: str = "|",
) -> bytes:
    """One message as bytes; never raises: what the encoding lacks is replaced, delimiters in values are removed.

    With error detection, 96 and 97 carry AZ alone, all others AY and AZ (3M guide). Without a sequence there is no AY.
    """
    text = _written(message.fields, delimiter)
    if text.count(delimiter) != len(message.fields) or has_forbidden(text.replace(delimiter, "")):
        text = _written(_harmless(message.fields, delimiter), delimiter)
    # A blank in a fixed field, so that those after it keep their places.
    header = without_forbidden(message.code + message.fixed, " ")
    body = header.encode("ascii", "replace") + coding.write(text)
    if not error_detection:
        return body + terminator
    if sequence is not None and message.code not in ("96", "97"):
        body += b"AY%d" % (sequence % 10)
    body += b"AZ"
    return body + checksum(body) + terminator


def _written(fields: Iterable[tuple[str, str]], delimiter: str) -> str:
    return "".join([f"{identifier}{value}{delimiter}" for identifier, value in fields])


def _harmless(fields: Iterable[tuple[str, str]], delimiter: str) -> Iterator[tuple[str, str]]:
    for identifier, value in fields:
        yield (
            without_forbidden(identifier).replace(delimiter, ""),
            without_forbidden(value).replace(delimiter, ""),
        )
