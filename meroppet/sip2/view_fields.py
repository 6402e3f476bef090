"""The parts that views are declared with: one named reading of a raw message each. None of them ever raises."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar, overload

from meroppet.sip2.fields import read_count, read_date, read_flag, read_minor_units, read_timestamp
from meroppet.sip2.messages import RawMessage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """A raw message under the names of its fields. Whatever the view does not name is in `raw`."""

    raw: RawMessage

    def date(self, identifier: str, formats: tuple[str, ...]) -> date | None:
        """A site's own date field, None where it is given as two different days."""
        return read_date(self.raw.only(identifier) or "", formats)


class Reading(Generic[T]):
    """A read-only attribute of a view."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[RawMessage], T]) -> None:
        self._read = read

    @overload
    def __get__(self, view: None, owner: type[View]) -> "Reading[T]": ...
    @overload
    def __get__(self, view: View, owner: type[View] | None = None) -> T: ...
    def __get__(self, view: View | None, owner: type[View] | None = None) -> "Reading[T] | T":
        return self if view is None else self._read(view.raw)


def value(identifier: str) -> Reading[str | None]:
    """The field's first value as it stands, None where it is missing."""
    return Reading(lambda raw: raw.first(identifier))


def text(identifier: str) -> Reading[str | None]:
    """The field's first value, None where it is missing or empty."""
    return Reading(lambda raw: raw.first(identifier) or None)


def texts(identifier: str) -> Reading[tuple[str, ...]]:
    """Every value of the field, in order."""
    return Reading(lambda raw: raw.all(identifier))


def flag(identifier: str) -> Reading[bool | None]:
    """Y or N; None where the field is missing, empty, odd or given as both, which never means yes."""
    return Reading(lambda raw: read_flag(raw.only(identifier)))


def number(identifier: str) -> Reading[int | None]:
    """A number however it is padded; None where there is none to read."""
    return Reading(lambda raw: read_count(raw.first(identifier) or ""))


def money(identifier: str) -> Reading[int | None]:
    """An amount in hundredths; None where there is none to read, or two different ones."""
    return Reading(lambda raw: read_minor_units(raw.only(identifier)))


def day(identifier: str) -> Reading[date | None]:
    """The date of a field; None for blanks and for a form that is nobody's standard."""
    return Reading(lambda raw: read_date(raw.first(identifier) or ""))


def fixed_text(name: str) -> Reading[str]:
    """A fixed field as it stands, shorter or empty where the header was cut."""
    return Reading(lambda raw: raw.fixed_field(name))


def fixed_word(name: str) -> Reading[str | None]:
    """A fixed field without blanks, None where nothing is left."""
    return Reading(lambda raw: raw.fixed_field(name).strip() or None)


def fixed_flag(name: str) -> Reading[bool | None]:
    """Y, N, 1 or 0 in the header; None for U, blank and whatever else."""
    return Reading(lambda raw: read_flag(raw.fixed_field(name)))


def fixed_number(name: str) -> Reading[int | None]:
    """A count in the header, blank for "not said"."""
    return Reading(lambda raw: read_count(raw.fixed_field(name)))


def fixed_moment(name: str) -> Reading[datetime | None]:
    """A timestamp in the header, None where it is blank or odd."""
    return Reading(lambda raw: read_timestamp(raw.fixed_field(name)))
