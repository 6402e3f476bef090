"""What a form says of who may come in: text to what a level states, and back. An empty answer states nothing. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from meroppet.rules.intervals import MINUTES_A_DAY, ScheduleError, Window
from meroppet.rules.policy import (
    Block,
    Companions,
    GroupHours,
    Guests,
    Permission,
    PinCheck,
    StaffedDoor,
    WeakPins,
    WithoutConnection,
)
from server.policies.layers import Stated

NOTHING = ""
"""The answer of a level that leaves a rule to the others."""

WHOLE: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "minimum_age": (0, 120),
        "guardian_below": (0, 120),
        "maximum_inside": (1, 10_000),
        "pin_length": (4, 6),
        "facts_ttl_hours": (1, 168),
    }
)
"""Whole numbers, and from where to where. No guardian is asked for below 0 years."""

SECONDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "release_seconds": (3.0, 10.0),
        "held_open_seconds": (10.0, 300.0),
        "pre_alarm_seconds": (0.0, 60.0),
        "extended_seconds": (3.0, 60.0),
        "extended_held_seconds": (10.0, 300.0),
    }
)
CHOICES: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "permission": Permission,
        "guests": Guests,
        "companions": Companions,
        "pin_check": PinCheck,
        "without_connection": WithoutConnection,
        "weak_pins": WeakPins,
        "staffed_door": StaffedDoor,
    }
)
YES_OR_NO = ("terms_required", "introduction_required", "number_entry", "offline_pin")
NAMES = ("categories", "homes")
LONGEST_NAME = 60
MOST_KRONOR = 100_000

DAYS = ("mån", "tis", "ons", "tor", "fre", "lör", "sön")
_DAYS_IN_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_BY_LANGUAGE = {"sv": DAYS, "en": _DAYS_IN_ENGLISH}
_HOURS = re.compile(r"(\d{1,2})[.:](\d{2})\s*[-–]\s*(\d{1,2})[.:](\d{2})")
_KRONOR = re.compile(r"(\d{1,6})(?:[.,](\d{2}))?")


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form says: what is stated, or which fields cannot be meant as they stand."""

    stated: Stated
    wrong: tuple[str, ...]


def read(form: Mapping[str, str]) -> Filled:
    """What was filled in."""
    stated: dict[str, Any] = {}
    wrong: list[str] = []
    for name, reader in _READERS.items():
        text = form.get(name, "").strip()
        if name == "blocks" and any(form.get(f"block_{block.value}") for block in Block):
            # Whoever ticks a box means it, whatever the choice above the boxes is.
            text = "these"
        if text == NOTHING:
            continue
        try:
            stated[name] = reader(name, text, form)
        except ValueError:
            wrong.append(name)
    return Filled(stated, tuple(wrong))


def write(stated: Stated) -> dict[str, str]:
    """The form as somebody would fill it in to say this."""
    form = {name: _written(name, value) for name, value in stated.items() if name != "blocks"}
    if "blocks" in stated:
        form["blocks"] = "these"
        form |= {f"block_{block.value}": "yes" for block in stated["blocks"]}
    return form


def _whole(name: str, text: str, _form: Mapping[str, str]) -> int | None:
    low, high = WHOLE[name]
    number = int(text)
    if not text.isascii() or not low <= number <= high:
        raise ValueError(name)
    return None if name == "guardian_below" and number == 0 else number


def _seconds(name: str, text: str, _form: Mapping[str, str]) -> float:
    low, high = SECONDS[name]
    number = float(text.replace(",", "."))
    if not low <= number <= high:
        raise ValueError(name)
    return number


def _choice(name: str, text: str, _form: Mapping[str, str]) -> StrEnum:
    return CHOICES[name](text)


def _yes_or_no(name: str, text: str, _form: Mapping[str, str]) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError(name)
    return text == "yes"


def _names(name: str, text: str, _form: Mapping[str, str]) -> frozenset[str]:
    names = frozenset(part.strip() for part in re.split(r"[,\n]", text) if part.strip())
    if not names or any(len(part) > LONGEST_NAME for part in names):
        raise ValueError(name)
    return names


def _blocks(_name: str, _text: str, form: Mapping[str, str]) -> frozenset[Block]:
    return frozenset(block for block in Block if form.get(f"block_{block.value}") == "yes")


def _kronor(name: str, text: str, _form: Mapping[str, str]) -> int:
    found = _KRONOR.fullmatch(text)
    if found is None or int(found[1]) > MOST_KRONOR:
        raise ValueError(name)
    return int(found[1]) * 100 + int(found[2] or 0)


def _groups(_name: str, text: str, _form: Mapping[str, str]) -> tuple[GroupHours, ...]:
    groups = tuple(_group(line) for line in text.splitlines() if line.strip())
    if len({group.list_key for group in groups}) != len(groups):
        raise ValueError("a group stands there twice")
    return groups


def _group(line: str) -> GroupHours:
    """`Schackklubben: mån 18:00-21:00, ons 18:00-20:00`; the name makes the key of the group's list."""
    name, _, hours = line.partition(":")
    name = " ".join(name.split())
    key = re.sub(r"[^a-z0-9åäöéü]+", "-", name.lower()).strip("-")
    if not key or len(name) > LONGEST_NAME or not hours.strip():
        raise ValueError(line)
    week: list[list[Window]] = [[] for _ in DAYS]
    for part in hours.split(","):
        day, _, times = part.strip().partition(" ")
        week[_day(day)].append(_window(times))
    try:
        return GroupHours(key, name, tuple(tuple(sorted(day, key=lambda own: own.start)) for day in week))
    except ScheduleError as error:
        raise ValueError(line) from error


def _day(text: str) -> int:
    short = text.lower()[:3]
    return DAYS.index(short) if short in DAYS else _DAYS_IN_ENGLISH.index(short)


def _window(text: str) -> Window:
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    try:
        return Window(start, end if end > start else end + MINUTES_A_DAY)
    except ScheduleError as error:
        raise ValueError(text) from error


def group_line(group: GroupHours, days: tuple[str, ...] = DAYS) -> str:
    """The group as its line says it."""
    hours = [
        f"{day} {_clock(window.start)}-{_clock(window.end)}"
        for day, windows in zip(days, group.weekly, strict=True)
        for window in windows
    ]
    return f"{group.name}: {', '.join(hours)}"


def _clock(minute: int) -> str:
    minute %= MINUTES_A_DAY
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _written(name: str, value: Any) -> str:
    if name in NAMES:
        return ", ".join(sorted(value or ()))
    if name == "group_hours":
        return "\n".join(group_line(group) for group in value)
    if name == "fees_limit_minor":
        return f"{value // 100}" if value % 100 == 0 else f"{value // 100},{value % 100:02d}"
    if name == "guardian_below":
        return str(value or 0)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


_READERS: Mapping[str, Callable[[str, str, Mapping[str, str]], Any]] = MappingProxyType(
    {
        **dict.fromkeys(("minimum_age", "guardian_below"), _whole),
        "permission": _choice,
        "terms_required": _yes_or_no,
        "introduction_required": _yes_or_no,
        "categories": _names,
        "blocks": _blocks,
        "fees_limit_minor": _kronor,
        "homes": _names,
        "guests": _choice,
        "companions": _choice,
        "maximum_inside": _whole,
        "group_hours": _groups,
        "number_entry": _yes_or_no,
        "pin_length": _whole,
        **dict.fromkeys(("pin_check", "without_connection", "weak_pins", "staffed_door"), _choice),
        "offline_pin": _yes_or_no,
        "facts_ttl_hours": _whole,
        **dict.fromkeys(SECONDS, _seconds),
    }
)
"""Every rule a form has, in the order it is asked for."""
