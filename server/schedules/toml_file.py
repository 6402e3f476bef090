"""The TOML file that holds a whole schedule (docs/hours.md): read with sentences for what cannot be meant, and written.

Reads and writes text; who resolves holidays and what becomes of the schedule is others' affair.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from meroppet.runtime.setting_keys import misspelt
from meroppet.wire.schedules import ScheduleFile

LARGEST = 1024 * 1024
FORMAT = "meroppet-schedule-1"
_MOST_DOTS = 250
"""In one line. A key of many parts takes its reader a time that grows with their square."""

_SAID = {
    "timezone_aware": "has no offset from UTC; add it, as in 2025-04-07T15:00:00+02:00",
    "missing": "is missing",
    "string_type": "is not a text; put it in quotes",
    "tuple_type": "is not a list; put it in brackets, as in ['06:00-22:00']",
    "bool_type": "is not true or false",
    "int_type": "is not a whole number",
    "model_type": "is not a table",
    "dict_type": "is not a table",
    "model_attributes_type": "is not a table",
}


class ScheduleFileError(ValueError):
    """The file says something that cannot be meant; the message says where, what, and what to write instead."""


def read(file: Path) -> ScheduleFile:
    """The file's schedule. Raises ScheduleFileError with one sentence that names the file."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise ScheduleFileError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        if len(data) > LARGEST:
            raise ScheduleFileError("is larger than 1 MiB; a schedule is not, so this is another file")
        return parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ScheduleFileError(f"{file}: is not UTF-8 text; save it as UTF-8") from error
    except ScheduleFileError as error:
        raise ScheduleFileError(f"{file}: {error}") from error


def parse(text: str) -> ScheduleFile:
    """The text's schedule. Raises ScheduleFileError."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise ScheduleFileError(f"line {number} has more than {_MOST_DOTS} dots; divide it")
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScheduleFileError(f"is not TOML: {error}") from error
    if "format" not in values:
        raise ScheduleFileError(f"format is missing; write format = '{FORMAT}' in its first line")
    complaint = _misspelt(values)
    if complaint:
        raise ScheduleFileError(complaint)
    try:
        return ScheduleFile.model_validate(values)
    except ValidationError as error:
        raise ScheduleFileError(_sentence(error.errors(include_url=False)[0], values)) from error


def require_holidays(file: ScheduleFile, known: Collection[str]) -> None:
    """Raise ScheduleFileError where the file says something of a holiday that is not known: it would never come."""
    keys = {*known, *(holiday.key for holiday in file.holidays)}
    said = [("holiday_rules", rule.key) for rule in file.holiday_rules]
    said += [("host.holidays", key) for key in (file.host.holidays if file.host else ())]
    for table, key in said:
        if key not in keys:
            raise ScheduleFileError(f"{table}: there is no holiday '{key}'; {_remedy(key, keys)}")


def _misspelt(values: Mapping[str, Any]) -> str | None:
    wrong = next(misspelt(ScheduleFile, values), None)
    if wrong is None:
        return None
    return f"no key '{'.'.join(wrong.key)}'; {_remedy(wrong.key[-1], wrong.siblings)}"


def _remedy(written: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(written, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"


def _sentence(error: ErrorDetails, values: Mapping[str, Any]) -> str:
    place, key, value = _place(error["loc"], values)
    shown = f" = {_shown(value)}" if isinstance(value, str | int | float | date) else ""
    said = _SAID.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    if error["type"] in _SAID:
        return f"{place}{key}{shown} {said}"
    return f"{place}{key}{shown}: {said[:1].lower()}{said[1:]}"


def _shown(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else value.isoformat() if isinstance(value, date) else str(value)


def _place(where: tuple[int | str, ...], values: Mapping[str, Any]) -> tuple[str, str, object]:
    """The nearest table with an id as it is written, the key within it, and the value that stands there."""
    at: Any = values
    table = ""
    keys: list[str] = []
    for part in where:
        if isinstance(part, str) and not isinstance(at, dict):
            break  # The name of a choice between types: nothing that stands in the file.
        at = _inside(at, part)
        if isinstance(part, int) and isinstance(at, dict) and keys:
            table = f"{table}[[{'.'.join(keys)}]] {_named(at, part)}: "
            keys = []
        elif isinstance(part, int):
            keys.append(f"{keys.pop()}[{part + 1}]" if keys else f"number {part + 1}")
        else:
            keys.append(part)
    return table, ".".join(keys), at


def _named(table: dict[str, Any], at: int) -> str:
    name = table.get("id") or table.get("key") or table.get("first")
    return f"'{name}'" if name else f"number {at + 1}"


def _inside(at: Any, part: int | str) -> Any:
    if isinstance(at, dict):
        return at.get(part)
    return at[part] if isinstance(at, list) and isinstance(part, int) and part < len(at) else None


def write(file: ScheduleFile, about: str = "") -> str:
    """The schedule as TOML that `parse` reads back the same; `about` becomes comments at its head."""
    said = file.model_dump(mode="python", exclude_defaults=True)
    # The week is what most people look for: it is written even where it goes without saying.
    week = file.weekly.model_dump(mode="python", exclude_defaults=True)
    values = _bare({"format": FORMAT, **said, "weekly": week})
    head = "".join(f"# {line}\n" for line in about.splitlines())
    return f"{head}{tomli_w.dumps(values)}"


def _bare(value: Any) -> Any:
    """Without what is not said (TOML has no null), and as the types TOML has."""
    if isinstance(value, Mapping):
        return {key: _bare(part) for key, part in _values_first(value) if part is not None}
    if isinstance(value, tuple | list):
        return [_bare(part) for part in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime | date | time | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no form in TOML")


def _values_first(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    # What is one value stands before what is a table: in TOML it could not come after.
    yield from sorted(table.items(), key=lambda item: isinstance(item[1], Mapping))
