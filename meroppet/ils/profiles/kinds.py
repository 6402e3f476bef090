"""The kinds of values a profile's lines have: how each is read from TOML, written back, and told to an installer."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from meroppet.sip2.codec import TextCoding
from meroppet.sip2.errors import SIP2EncodingError
from meroppet.sip2.fields import ZoneStyle

_TERMINATORS = {"CR": b"\r", "LF": b"\n", "CRLF": b"\r\n"}
_ZONES = {"blank": ZoneStyle.BLANK, "0000": ZoneStyle.ZEROS, "Z": ZoneStyle.UTC}


class Unfit(Exception):
    """A value is not of its kind; the kind's own description says what would be."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` gives the profile's value for a TOML value or raises Unfit; `plain` gives the TOML value back."""

    says: str
    read: Callable[[Any], Any]
    plain: Callable[[Any], Any] = lambda value: value


def _require(fits: bool) -> None:
    if not fits:
        raise Unfit


def _flag(value: Any) -> bool:
    _require(isinstance(value, bool))
    return bool(value)


def _text(value: Any) -> str:
    _require(isinstance(value, str))
    return str(value)


def _texts(value: Any) -> list[str]:
    _require(isinstance(value, list) and all(isinstance(each, str) for each in value))
    return list(value)


def _optional(read: Callable[[str], str]) -> Callable[[Any], str | None]:
    return lambda value: read(_text(value)) if value != "" else None


def _charset(name: str) -> str:
    try:
        TextCoding(name, None)
    except SIP2EncodingError as error:
        raise Unfit from error
    return name


def _delimiter(value: Any) -> str:
    text = _text(value)
    _require(len(text) == 1 and text.isascii() and text.isprintable() and not text.isalnum() and text != " ")
    return text


def _field_id(text: str) -> str:
    _require(re.fullmatch(r"[A-Z0-9]{2}", text) is not None)
    return text


def _pattern(text: str) -> str:
    try:
        found = re.compile(text)
    except re.error as error:
        raise Unfit from error
    # A pattern that matches nothing at all would match every message.
    _require(found.fullmatch("") is None)
    return text


def _date_formats(value: Any) -> tuple[str, ...]:
    formats, day = _texts(value), date(2031, 12, 24)
    _require(all(day.strftime(form) != form for form in formats))
    return tuple(formats)


def _values(value: Any) -> tuple[str, ...]:
    texts = tuple(text.strip() for text in _texts(value))
    # An empty value would let in everybody about whom the register says nothing.
    _require(bool(texts) and all(texts))
    return texts


def _positions(value: Any) -> frozenset[int]:
    _require(isinstance(value, list))
    _require(all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= 13 for each in value))
    return frozenset(value)


def _currency(value: Any) -> str:
    text = _text(value)
    _require(re.fullmatch(r"[A-Z]{3}", text) is not None)
    return text


def count(least: int, most: int) -> Kind:
    """A whole number between two others."""

    def read(value: Any) -> int:
        _require(isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)
        return int(value)

    return Kind(f"a whole number {least}–{most}", read)


def seconds(least: float, most: float) -> Kind:
    """A time span between two others."""

    def read(value: Any) -> float:
        _require(isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most)
        return float(value)

    return Kind(f"seconds, {least:g}–{most:g}", read)


def named(values: Mapping[str, Any]) -> Kind:
    """One of some values, by the name it has in a profile."""

    def read(value: Any) -> Any:
        _require(isinstance(value, str) and value in values)
        return values[value]

    def plain(value: Any) -> str:
        return next(name for name, each in values.items() if each == value)

    return Kind(f"one of {', '.join(json.dumps(name) for name in values)}", read, plain)


def choice(options: type[StrEnum]) -> Kind:
    """One of an enumeration's values."""
    return named({option.value: option for option in options})


def _ordered(positions: Iterable[int]) -> list[int]:
    return sorted(positions)


def _or_empty(text: str | None) -> str:
    return text or ""


FLAG = Kind("true or false", _flag)
CHARSET = Kind('the name of a character encoding, such as "utf-8", "latin-1" or "cp850"', lambda v: _charset(_text(v)))
FALLBACK = Kind('the name of a character encoding, or "" for none', _optional(_charset), _or_empty)
TERMINATOR = named(_TERMINATORS)
ZONE = named(_ZONES)
DELIMITER = Kind('one character that is neither letter, digit nor blank, such as "|" or "^"', _delimiter)
FIELD = Kind('a field identifier such as "PB", or "" where the register does not say', _optional(_field_id), _or_empty)
PATTERN = Kind('a regular expression that matches some text, or "" for none', _optional(_pattern), _or_empty)
ESCAPE = Kind('what the register writes for the delimiter, or "" for nothing', _optional(_text), _or_empty)
DATES = Kind('a list of date formats such as ["%Y%m%d"]', _date_formats, list)
VALUES = Kind('a list of values such as ["1", "Y"]', _values, list)
POSITIONS = Kind("a list of positions 0–13 of the patron status", _positions, _ordered)
CURRENCY = Kind('a currency of three letters, such as "SEK"', _currency)
