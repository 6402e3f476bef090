"""Writes settings as TOML: texts, numbers, paths, tables and lists of tables. Reading is tomllib's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Value = str | int | float | bool | Path | Mapping[str, "Value"] | Sequence[Mapping[str, "Value"]]
Table = Mapping[str, Value]


def text(table: Table) -> str:
    """The table as a TOML document."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str() | Path():
            return _text(str(value))
        case Mapping():
            return "{ " + ", ".join(_pairs(value)) + " }"
        case _:
            return "[" + ", ".join(_value(item) for item in value) + "]"


def _pairs(table: Table) -> Iterator[str]:
    return (f"{key} = {_value(value)}" for key, value in table.items())


def _text(value: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too (TOML 1.0, basic strings).
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
