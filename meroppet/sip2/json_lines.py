"""Messages as JSON objects, for programs in any language; every fault is an answer, never a raise.

`decoded` takes `{"raw": …, "encoding": …}` and `encoded` gives it back. What stood on the wire in another form than
this package would write carries itself along as `raw`, so that nothing is lost: `encoded` returns it for as long as the
object still says the same, and writes the message anew once somebody has changed it.
"""

import json
import unicodedata
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from meroppet.sip2.codec import LineCutter, decode, encode, split_trailer
from meroppet.sip2.coding import TextCoding
from meroppet.sip2.errors import SIP2Error
from meroppet.sip2.fields import has_forbidden
from meroppet.sip2.messages import MESSAGES, UNKNOWN, Checksum, RawMessage, build

Object = dict[str, Any]

HEADER = "header"
"""The one fixed field of a message that is not in the table."""

_MEANING = ("code", "fixed", "fields", "checksum", "sequence", "error")


class _Wrong(Exception):
    """This line cannot be had; `kind` is for programs, the text for people."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def converted(line: bytes, change: Callable[[Object], Object]) -> bytes:
    """One line of JSON to one line of JSON, both without their ends."""
    try:
        given = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return _written(_told(_Wrong("not_json", f"not a line of JSON: {error}")))
    if not isinstance(given, dict):
        return _written(_told(_Wrong("not_json", "not a JSON object")))
    try:
        return _written(change(given))
    except RecursionError:
        # Read so deep that it can neither be shown nor written again.
        return _written(_told(_Wrong("not_json", "not a line of JSON: nested too deep")))


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")


def _written(thing: Object) -> bytes:
    try:
        return json.dumps(thing, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair is legal in JSON and in no encoding.
        return json.dumps(thing).encode("ascii")


def decoded(given: Mapping[str, Any]) -> Object:
    """What the message in `raw` says, or `error` with its kind and a `detail`."""
    try:
        raw, coding = _text(given, "raw"), _coding(given)
        try:
            line = _only_line(_in_encoding(raw, coding))
            delimiter = _delimiter(given, line, coding)
            told = _told_message(line, coding, delimiter, is_named="delimiter" in given or delimiter != "|")
            return told if _is_made_by(told, raw) else told | {"raw": raw}
        except (_Wrong, SIP2Error) as error:
            return _told(error) | {"encoding": coding.charset, "raw": raw} | _picked(given, "delimiter")
    except (_Wrong, SIP2Error) as error:
        return _told(error)


def _told(error: _Wrong | SIP2Error) -> Object:
    return {"error": error.kind, "detail": str(error)}


def _picked(given: Mapping[str, Any], key: str) -> Object:
    return {key: given[key]} if key in given else {}


def _told_message(line: bytes, coding: TextCoding, delimiter: str, *, is_named: bool) -> Object:
    message = decode(line, coding, delimiter)
    told: Object = {
        "code": message.code,
        "name": message.spec.name,
        "fixed": _named(message),
        "fields": [[identifier, value] for identifier, value in message.fields],
        "checksum": message.checksum.value,
        "sequence": message.sequence,
        "encoding": coding.charset,
    }
    if is_named:
        told["delimiter"] = delimiter
    if notes := _notes(message, line, coding, delimiter):
        told["notes"] = notes
    return told


def _is_made_by(told: Object, raw: str) -> bool:
    try:
        return _composed(told) == raw
    except _Wrong:
        return False


def _composed(given: Mapping[str, Any]) -> str:
    """The line that the object's parts make."""
    coding, message = _coding(given), _message(given)
    delimiter = _delimiter(given, b"", coding)
    _refuse_lossy(message, coding, delimiter)
    detected = message.checksum is not Checksum.ABSENT
    line = encode(
        message, coding, sequence=message.sequence, error_detection=detected, terminator=b"", delimiter=delimiter
    )
    try:
        return line.decode(coding.charset)
    except UnicodeDecodeError as error:
        # Some encodings write as they stand what they would read as the beginning of an escape.
        raise _Wrong("not_in_encoding", f"{coding.charset} would not read back what it writes") from error


def _named(message: RawMessage) -> dict[str, str]:
    if message.spec is UNKNOWN:
        return {HEADER: message.fixed} if message.fixed else {}
    return {name: message.fixed_field(name) for name in message.spec.slices}


def _notes(message: RawMessage, line: bytes, coding: TextCoding, delimiter: str) -> list[str]:
    body, _, _ = split_trailer(line, 2 + message.spec.width, delimiter)
    variable = body[2 + len(message.fixed) :].decode(coding.charset, "replace")
    pieces = variable.split(delimiter)
    found = {
        "unknown_message": message.spec is UNKNOWN,
        "short_header": not message.has_whole_header,
        "missing_fields": bool(message.missing) and message.spec is not UNKNOWN,
        "no_last_delimiter": bool(message.fields) and pieces[-1] != "",
        "empty_field": "" in pieces[:-1],
        "stray_delimiter": any(delimiter in value for _, value in message.fields),
        "decomposed_text": not unicodedata.is_normalized("NFC", variable),
    }
    return [note for note, is_so in found.items() if is_so]


def encoded(given: Mapping[str, Any]) -> Object:
    """`raw` and `encoding` for what `decoded` told, or for an object written by hand; or `error` with its kind.

    By hand, `code` is enough: what is missing is blank, empty, checked (`checksum` "valid") and unnumbered.
    """
    try:
        coding = _coding(given)
        if "raw" in given and _says_the_same(given):
            return {"raw": given["raw"], "encoding": coding.charset} | _named_delimiter(given, given["raw"], coding)
        raw = _composed(given)
        return {"raw": raw, "encoding": coding.charset} | _named_delimiter(given, raw, coding)
    except (_Wrong, SIP2Error) as error:
        return _told(error)


def _says_the_same(given: Mapping[str, Any]) -> bool:
    told = decoded(given)
    return all(told.get(key) == given.get(key) for key in _MEANING)


def _named_delimiter(given: Mapping[str, Any], raw: str, coding: TextCoding) -> Object:
    """The delimiter, where it would not be found without being named."""
    try:
        found = _delimiter({}, _only_line(_in_encoding(raw, coding)), coding)
    except (_Wrong, SIP2Error):
        found = "|"
    wanted = given.get("delimiter") or "|"
    return {} if wanted == found else {"delimiter": wanted}


def _message(given: Mapping[str, Any]) -> RawMessage:
    code = _text(given, "code")
    if len(code) != 2 or not (code.isascii() and code.isdigit()):
        raise _Wrong("bad_value", f"`code` must be two digits, not {code!r}")
    fixed, fields = _fixed(code, given.get("fixed") or {}), _fields(given.get("fields") or [])
    header = build(code, fixed).fixed if code in MESSAGES else fixed.get(HEADER, "")
    return RawMessage(code, header, fields, _sequence(given.get("sequence")), _checksum(given.get("checksum", "valid")))


def _fixed(code: str, fixed: object) -> dict[str, str]:
    if not isinstance(fixed, dict) or not all(isinstance(value, str) for value in fixed.values()):
        raise _Wrong("bad_value", "`fixed` must be an object of texts")
    widths = dict(MESSAGES[code].fixed) if code in MESSAGES else {HEADER: len(fixed.get(HEADER, ""))}
    for name, value in fixed.items():
        if name not in widths:
            near = get_close_matches(name, widths, 1)
            advice = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(widths) or 'none'}"
            raise _Wrong("bad_value", f"message {code} has no fixed field {name!r}; {advice}")
        if len(value) > widths[name]:
            raise _Wrong("bad_value", f"`{name}` has {len(value)} characters where {widths[name]} have room")
    return fixed


def _fields(fields: object) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for pair in fields if isinstance(fields, list) else [fields]:
        match pair:
            case [str(identifier), str(value)] if len(identifier) == 2 and identifier.isascii():
                found.append((identifier, value))
            case _:
                raise _Wrong("bad_value", "`fields` must be a list of pairs: an identifier of two letters, and a text")
    return tuple(found)


def _sequence(number: object) -> int | None:
    if number is None or (isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 9):
        return number
    raise _Wrong("bad_value", f"`sequence` must be a digit or null, not {number!r}")


def _checksum(verdict: object) -> Checksum:
    if not isinstance(verdict, str) or verdict not in set(Checksum):
        raise _Wrong("bad_value", f"`checksum` must be one of valid, invalid and absent, not {verdict!r}")
    return Checksum(verdict)


def _refuse_lossy(message: RawMessage, coding: TextCoding, delimiter: str) -> None:
    """The codec would rather send something than fail; here somebody is there to be told."""
    for identifier, value in (("the header", message.fixed), *message.fields):
        if has_forbidden(identifier + value) or delimiter in identifier + value:
            raise _Wrong("bad_value", f"{identifier} holds a delimiter or a line's end, which would end the field")
        if not coding.can_write(value):
            raise _Wrong("not_in_encoding", f"{identifier} has a character that {coding.charset} lacks")
    if not message.fixed.isascii():
        raise _Wrong("bad_value", "fixed fields are ASCII")


def _text(given: Mapping[str, Any], key: str) -> str:
    found = given.get(key)
    if not isinstance(found, str):
        raise _Wrong("missing", f"`{key}` is missing" if found is None else f"`{key}` is no text")
    return found


def _coding(given: Mapping[str, Any]) -> TextCoding:
    name = given.get("encoding", "utf-8")
    if not isinstance(name, str):
        raise _Wrong("unknown_encoding", "`encoding` is no text")
    return TextCoding(name, None)


def _in_encoding(raw: str, coding: TextCoding) -> bytes:
    try:
        return raw.encode(coding.charset)
    except UnicodeEncodeError as error:
        place = f"character {error.start + 1} of `raw`"
        raise _Wrong("not_in_encoding", f"{place} does not exist in {coding.charset}") from error


def _only_line(data: bytes) -> bytes:
    lines = LineCutter().feed(data + b"\r")
    if len(lines) > 1:
        raise _Wrong("several_messages", f"`raw` holds {len(lines)} messages; write one a line")
    return lines[0] if lines else b""


def _delimiter(given: Mapping[str, Any], line: bytes, coding: TextCoding) -> str:
    """The one that is named; else `|`, or what ends the last field of a line that has no `|` but reads well without."""
    named = given.get("delimiter")
    if named is not None:
        if not isinstance(named, str) or len(named) != 1 or not named.isascii() or named.isalnum() or named in "\r\n\0":
            raise _Wrong("bad_value", "`delimiter` must be one ASCII character that is neither letter nor digit")
        return named
    if b"|" in line or not line:
        return "|"
    fields = decode(line, coding).fields
    last = fields[-1][1][-1:] if fields else ""
    if not last or not last.isascii() or last.isalnum() or last.isspace():
        return "|"
    return last if len(decode(line, coding, last).fields) > 1 else "|"
