"""The file `meroppet-server found` reads: a consortium, who belongs to it since when, its branches, their first rules.

Says what cannot be meant in one sentence with table, key, value and remedy. Writes nothing; see founding.py.
"""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from meroppet.rules.eligibility import Policy
from meroppet.rules.schedule import Schedule
from meroppet.runtime.setting_keys import keys_of, misspelt
from meroppet.runtime.settings import Group
from meroppet.wire.schedules import WeekDocument
from server.organisations.service import ALWAYS, Kind


class FoundingError(ValueError):
    """The file says something that cannot be meant; the message says where, what and what to write instead."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("no such time zone") from error
    return name


def _telephone(number: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 -]{1,23}", number):
        raise ValueError("no telephone number")
    return number


def _known_rules(table: object) -> object:
    known = [field.name for field in dataclasses.fields(Policy)]
    for name in table if isinstance(table, dict) else ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise ValueError(f"no rule '{name}'; " + (f"did you mean {near[0]}?" if near else ", ".join(known)))
    return table


_ID = "a name in lower-case letters a–z, digits and single hyphens, never changed later"
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63, description=_ID)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S.*$", description="the name people read")]


class Membership(Group):
    """Belonging to another body, from a day to a day."""

    id: Id
    since: date = Field(default=ALWAYS, description="the day of joining, such as 2025-04-11")
    until: date | None = Field(default=None, description="the last day, such as 2026-12-31")

    @model_validator(mode="after")
    def _in_order(self) -> "Membership":
        if self.until is not None and self.until < self.since:
            raise ValueError(f"ends on {self.until}, before it begins on {self.since}")
        return self


class ConsortiumTable(Group):
    """[consortium]"""

    id: Id
    name: Name


class OrganisationTable(Group):
    """[[organisations]]"""

    id: Id
    name: Name
    kind: Kind = Field(default=Kind.MUNICIPALITY, description=f"one of {', '.join(Kind)}")
    code: str = Field(default="", max_length=20, description="its official code in quotes, such as '1980'")
    member_of: tuple[Membership, ...] | None = Field(
        default=None, description="[{ id = 'PARENT', since = 2025-04-11 }]; left out: of the consortium, always"
    )


class BranchTable(Group):
    """[[branches]]"""

    id: Id
    name: Name
    controller: Id = Field(description="the id of the organisation that answers for it, one of [[organisations]]")
    help_number: Annotated[str, AfterValidator(_telephone)] = Field(
        description="the number patrons call for help, as dialled in the country, such as '021-39 00 00'"
    )
    live_from: date = Field(
        description="the day it became an open library, for the record; policy and hours open its door, not this"
    )
    zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Europe/Stockholm", description="its time zone, such as 'Europe/Stockholm'"
    )
    accent: str = Field(default="", pattern=r"^[a-z-]*$", description="the name of its theme; leave it out for ours")
    policy: Annotated[Policy, BeforeValidator(_known_rules)] = Field(
        description="a table [branches.policy] with minimum_age = 18 at least; see docs/installer.md"
    )
    week: WeekDocument = Field(description="a table [branches.week] with monday = { open = ['06.00-22.00'] } and so on")

    def schedule(self) -> Schedule:
        """Its first week."""
        return Schedule(self.zone, self.week.meant())


class Founding(Group):
    """Everything the file says."""

    consortium: ConsortiumTable = Field(description="a table [consortium] with id and name")
    organisations: tuple[OrganisationTable, ...] = Field(default=(), description="tables [[organisations]]")
    branches: tuple[BranchTable, ...] = Field(default=(), description="tables [[branches]]")

    def memberships(self, organisation: OrganisationTable) -> tuple[Membership, ...]:
        """What an organisation belongs to; the consortium where nothing else is written."""
        if organisation.member_of is None:
            return (Membership(id=self.consortium.id),)
        return organisation.member_of

    @property
    def parents(self) -> frozenset[str]:
        """Everything in the file that others can belong to."""
        return frozenset((self.consortium.id, *(each.id for each in self.organisations)))


def read(file: Path) -> Founding:
    """The file's plan. Raises FoundingError with one sentence."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FoundingError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FoundingError(f"{file}: is not TOML: {error}") from error
    complaint = _misspelt(values)
    if complaint:
        raise FoundingError(f"{file}: {complaint}")
    try:
        plan = Founding.model_validate(values)
        _require_sense(plan)
    except ValidationError as error:
        raise FoundingError(f"{file}: {_sentence(error, values)}") from error
    except FoundingError as error:
        raise FoundingError(f"{file}: {error}") from error
    return plan


def _misspelt(values: Mapping[str, Any]) -> str | None:
    wrong = next(misspelt(Founding, values), None)
    if wrong is None:
        return None
    near = difflib.get_close_matches(wrong.key[-1], wrong.siblings, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(wrong.siblings))}"
    return f"no key '{'.'.join(wrong.key)}'; {remedy}"


def _sentence(error: ValidationError, values: Mapping[str, Any]) -> str:
    first = error.errors(include_url=False)[0]
    table, key, value = _place(first["loc"], values)
    said = first["msg"].removeprefix("Value error, ")
    about = _about(first["loc"])
    if first["type"] == "missing":
        return f"{table}{key} is missing; write {about}"
    shown = f" = {value!r}" if isinstance(value, str | int | float) else ""
    remedy = f"; write {about}" if about and "write it" not in said else ""
    return f"{table}{key}{shown}: {said[:1].lower()}{said[1:]}{remedy}"


def _place(where: tuple[int | str, ...], values: Mapping[str, Any]) -> tuple[str, str, object]:
    """Table and key as they are written, and the value that stands there."""
    at: Any = values
    keys: list[str] = []
    table = ""
    for depth, part in enumerate(where):
        inside = isinstance(at, dict | list)
        at = at[part] if inside and (part in at if isinstance(at, dict) else int(part) < len(at)) else None
        if depth == 1 and isinstance(part, int):
            named = at.get("id", f"number {part + 1}") if isinstance(at, dict) else f"number {part + 1}"
            table, keys = f"[[{where[0]}]] '{named}': ", []
        else:
            keys.append(str(part))
    return table, ".".join(keys), at


def _about(where: tuple[int | str, ...]) -> str:
    """What belongs at a place: the description of the nearest key that has one."""
    known = {tuple(part.removesuffix("[]") for part in key): field.description for key, field, _ in keys_of(Founding)}
    known |= {(name,): field.description for name, field in Founding.model_fields.items()}
    known |= {("branches", name): field.description for name, field in BranchTable.model_fields.items()}
    names = tuple(part for part in where if isinstance(part, str))
    return next((known[names[:end]] or "" for end in range(len(names), 0, -1) if names[:end] in known), "")


def _require_sense(plan: Founding) -> None:
    taken: set[str] = set()
    for name in (plan.consortium.id, *(own.id for own in plan.organisations), *(own.id for own in plan.branches)):
        if name in taken:
            raise FoundingError(f"id = '{name}' stands twice; branches and organisations share one list of ids")
        taken.add(name)
    for own in plan.organisations:
        for parent in plan.memberships(own):
            _require_listed(plan, f"[[organisations]] '{own.id}': member_of", parent.id)
    for branch in plan.branches:
        _require_listed(plan, f"[[branches]] '{branch.id}': controller", branch.controller)
    _require_no_circle(plan)


def _require_listed(plan: Founding, where: str, name: str) -> None:
    if name not in plan.parents:
        raise FoundingError(f"{where} = '{name}': not in this file; add it to [[organisations]] or correct the id")


def _require_no_circle(plan: Founding) -> None:
    above = {own.id: [parent.id for parent in plan.memberships(own)] for own in plan.organisations}
    try:
        TopologicalSorter(above).prepare()
    except CycleError as error:
        circle = " in ".join(error.args[1])
        raise FoundingError(f"member_of goes in a circle ({circle}); take one membership away") from error
