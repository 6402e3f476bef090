"""From TOML to a profile: every wrong line is refused with a sentence that names it and says what to write."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from meroppet.ils.ports import LoanReason
from meroppet.ils.profiles.keys import TABLES, Key, filled
from meroppet.ils.profiles.kinds import PATTERN, Unfit
from meroppet.ils.profiles.site import SiteProfile

_REFUSALS = "refusals"
_TOP = ("name", "based_on")


class ProfileError(ValueError):
    """A profile's text says something that cannot be meant; the message says where, what, and what to write instead."""


@dataclass(frozen=True, slots=True)
class _Wrong(Exception):
    """What is wrong, and in which line of which table, before anybody knows where the text came from."""

    table: str
    key: str
    sentence: str


def read_profile(text: str, known: Mapping[str, SiteProfile], *, where: str = "profile") -> SiteProfile:
    """The profile a TOML text describes: that of its `based_on` among `known`, with the text's own lines changed.

    Raises ProfileError; `where` names the text to whoever reads the message.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{where}: is not TOML: {error}") from error
    try:
        return _whole(values, known)
    except _Wrong as wrong:
        raise ProfileError(f"{where}{_line(text, wrong)}: {wrong.sentence}") from wrong


def changed(base: SiteProfile, values: Mapping[str, Any], *, where: str = "profile") -> SiteProfile:
    """The profile with a site's own lines, given as the tables of a TOML text; raises ProfileError."""
    try:
        return _with_tables(base, values, ())
    except _Wrong as wrong:
        raise ProfileError(f"{where}: {wrong.sentence}") from wrong


def _whole(values: Mapping[str, Any], known: Mapping[str, SiteProfile]) -> SiteProfile:
    base_name = values.get("based_on")
    if base_name is not None and (not isinstance(base_name, str) or base_name not in known):
        raise _Wrong("", "based_on", f"there is no profile {base_name!r}; there are: {', '.join(sorted(known))}")
    base = SiteProfile("") if base_name is None else known[base_name]
    tables = {key: value for key, value in values.items() if key not in _TOP}
    return replace(_with_tables(base, tables, _TOP), name=_name(values.get("name", base.name)))


def _name(value: Any) -> str:
    if value == "":
        raise _Wrong("", "name", 'name is missing; write name = "…", or based_on = "…" to take a preset\'s')
    if not isinstance(value, str) or re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value) is None:
        raise _Wrong("", "name", f"name is {value!r}; it must be small letters, digits and hyphens")
    return value


def _with_tables(base: SiteProfile, tables: Mapping[str, Any], also: Iterable[str]) -> SiteProfile:
    found: dict[Key, Any] = {}
    refusals = base.loan_refusals
    for table, lines in tables.items():
        if table == _REFUSALS:
            refusals = _read_refusals(lines)
            continue
        if table not in TABLES:
            raise _Wrong("", table, _misspelt(table, (*also, *TABLES, _REFUSALS)))
        if not isinstance(lines, Mapping):
            raise _Wrong("", table, f"{table} is {lines!r}; it must be a table, [{table}]")
        found |= {TABLES[table][name]: value for name, value in _read_table(table, lines)}
    return replace(filled(base, found), loan_refusals=refusals)


def _read_table(table: str, lines: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    known = TABLES[table]
    for name, value in lines.items():
        if name not in known:
            raise _Wrong(table, name, _misspelt(f"{table}.{name}", [key.dotted for key in known.values()]))
        try:
            yield name, known[name].kind.read(value)
        except Unfit as error:
            says = known[name].kind.says
            raise _Wrong(table, name, f"{table}.{name} is {value!r}; it must be {says}") from error


def _misspelt(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    advice = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}"
    return f"a profile has no '{name}'; {advice}"


def _read_refusals(lines: Any) -> tuple[tuple[str, LoanReason], ...]:
    if not isinstance(lines, list):
        raise _Wrong("", _REFUSALS, f"{_REFUSALS} must be a list of tables, [[{_REFUSALS}]]")
    return tuple(_read_refusal(line) for line in lines)


def _read_refusal(line: Any) -> tuple[str, LoanReason]:
    if not isinstance(line, Mapping) or set(line) != {"text", "means"}:
        raise _Wrong(_REFUSALS, "text", f"each of {_REFUSALS} has exactly 'text' and 'means'; here is {line!r}")
    reasons = [reason.value for reason in LoanReason]
    if line["means"] not in reasons:
        raise _Wrong(_REFUSALS, "means", f"means is {line['means']!r}; it must be one of {', '.join(reasons)}")
    try:
        text = PATTERN.read(line["text"])
    except Unfit as error:
        raise _Wrong(_REFUSALS, "text", f"text is {line['text']!r}; it must be a regular expression") from error
    if text is None:
        raise _Wrong(_REFUSALS, "text", "text is empty; it must be a regular expression")
    return text, LoanReason(line["means"])


def _line(text: str, wrong: _Wrong) -> str:
    """Where the wrong line stands, as the end of "file"; empty where it cannot be told, as in an inline table."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line)
        if head is not None:
            table = head[1]
        assigned = re.match(r"\s*[\"']?([\w.-]+?)[\"']?\s*=", line)
        named = (table, assigned[1]) if assigned is not None else ("", table)
        if named == (wrong.table, wrong.key) and (assigned is not None or head is not None):
            return f", line {number}"
    return ""
