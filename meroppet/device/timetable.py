"""A branch's hours on its device, put together from the documents that make them; none where one is not understood."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from meroppet.rules.hours import Hours
from meroppet.rules.schedule import Schedule
from meroppet.wire.schedule_convert import schedule_from_wire
from meroppet.wire.schedules import ExceptionDocument, HolidaysDocument, ListDocument, OrderDocument, PatternDocument

T = TypeVar("T")
Documents = Mapping[tuple[str, str], str]
"""JSON by kind and key."""

logger = logging.getLogger(__name__)

_ONLY = "-"
_KINDS = {"schedule", "holidays", "exception", "order"}


class Missing(ValueError):
    """A document is not there without which there are no hours; the message says which."""


class Timetable:
    """The hours, and the lists that belong to them; asked in the loop.

    Where a document is not understood there are no hours at all, for it may be a restriction: the branch is closed.
    """

    def __init__(self) -> None:
        self.hours: Hours | None = None
        self.why_none = "the server has not told this device any hours yet"
        """Why there are no hours; empty while there are."""
        self.is_understood = True
        """False where a document that makes hours could not be read."""
        self._known: dict[tuple[str, str], str] = {}
        self._lists: dict[str, tuple[str, frozenset[str]]] = {}

    def take(self, documents: Documents) -> None:
        """Make hours of all documents there are; those of other kinds are not looked at. Trouble is logged once."""
        self._lists = {key: self._list(key, text) for (kind, key), text in documents.items() if kind == "listed"}
        ours = {name: text for name, text in documents.items() if name[0] in _KINDS}
        if ours == self._known:
            return
        self._known = ours
        try:
            schedule = _schedule(ours)
        except ValueError as error:
            self.hours, self.why_none, self.is_understood = None, str(error), isinstance(error, Missing)
            logger.error("there are no hours: the branch is closed", extra={"why": error})
            return
        self.why_none, self.is_understood = "", True
        # What was worked out of an unchanged schedule is kept.
        if self.hours is None or self.hours.schedule != schedule:
            self.hours = Hours(schedule)

    def listed(self, key: str) -> frozenset[str]:
        """The digests of those on a list: "staff", or an exception's id. Nobody is on a list that is not there."""
        return self._lists[key][1] if key in self._lists else frozenset()

    def _list(self, key: str, text: str) -> tuple[str, frozenset[str]]:
        known = self._lists.get(key)
        if known is not None and known[0] == text:
            return known
        try:
            return text, frozenset(ListDocument.model_validate_json(text).subjects)
        except ValueError as error:
            logger.error("a list cannot be understood: nobody is on it", extra={"list": key, "why": error})
            return text, frozenset()


def _schedule(documents: Documents) -> Schedule:
    """The schedule the documents make. Raises ValueError where they do not make one, Missing where one is not there."""
    pattern = _one(documents, "schedule", PatternDocument.model_validate_json)
    holidays = _one(documents, "holidays", HolidaysDocument.model_validate_json)
    if pattern is None:
        raise Missing("the branch has not said its hours (or the server has not told them)")
    if holidays is None and (pattern.holiday_rules or (pattern.host is not None and pattern.host.holidays)):
        raise Missing("the branch has rules for holidays, and the server has not told which days are holidays")
    exceptions = _all(documents, "exception", ExceptionDocument.model_validate_json)
    return schedule_from_wire(
        pattern, holidays, exceptions, _all(documents, "order", OrderDocument.model_validate_json)
    )


def _one(documents: Documents, kind: str, parse: Callable[[str], T]) -> T | None:
    return next(iter(_all(documents, kind, parse)), None)


def _all(documents: Documents, kind: str, parse: Callable[[str], T]) -> list[T]:
    return [_parsed(name, text, parse) for name, text in documents.items() if name[0] == kind]


def _parsed(name: tuple[str, str], text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except ValidationError as error:
        # The place and what is wrong with it, not pydantic's page about it.
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        called = " ".join(part for part in name if part != _ONLY)
        raise ValueError(f"{called} cannot be understood: {place or 'all of it'}: {first['msg']}") from error
