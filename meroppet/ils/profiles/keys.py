"""Every line a profile can have: its table and key in TOML, and the attribute of the profile that it fills."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from meroppet.ils.profiles.kinds import (
    CHARSET,
    CURRENCY,
    DATES,
    DELIMITER,
    ESCAPE,
    FALLBACK,
    FIELD,
    FLAG,
    PATTERN,
    POSITIONS,
    TERMINATOR,
    VALUES,
    ZONE,
    Kind,
    choice,
    count,
    seconds,
)
from meroppet.ils.profiles.site import CardEcho, PinMessage, SiteProfile


@dataclass(frozen=True, slots=True)
class Key:
    """One line: `[table] name = …`, kept in `attribute` of that part of the profile ("" is the profile itself)."""

    table: str
    name: str
    kind: Kind
    part: str
    attribute: str

    @property
    def dotted(self) -> str:
        return f"{self.table}.{self.name}"

    def of(self, profile: SiteProfile) -> Any:
        """The profile's value for this line."""
        return getattr(_parts(profile)[self.part], self.attribute)


def _parts(profile: SiteProfile) -> dict[str, Any]:
    wire = profile.wire
    return {"": profile, "wire": wire, "coding": wire.coding, "fields": profile.fields, "blocks": profile.blocks}


def _keys(table: str, part: str, **kinds: Kind) -> list[Key]:
    return [Key(table, name, kind, part, name) for name, kind in kinds.items()]


KEYS: tuple[Key, ...] = (
    Key("wire", "charset", CHARSET, "coding", "charset"),
    Key("wire", "fallback_charset", FALLBACK, "coding", "fallback"),
    *_keys(
        "wire",
        "wire",
        terminator=TERMINATOR,
        delimiter=DELIMITER,
        error_detection=FLAG,
        needs_login=FLAG,
        resends=count(0, 3),
        zone=ZONE,
        code_point_sum=FLAG,
    ),
    *_keys(
        "requests",
        "",
        blank_nb_due=FLAG,
        blank_return_date=FLAG,
        institution_from_status=FLAG,
        location_at_login=FLAG,
        location_from_status=FLAG,
        pin_message=choice(PinMessage),
        sends_pin_with_loans=FLAG,
        renews_by_checkout=FLAG,
    ),
    *_keys(
        "answers",
        "",
        card_echo=choice(CardEcho),
        absent_fee_is_none=FLAG,
        hold_count_means_ready=FLAG,
        escaped_delimiter=ESCAPE,
        currency=CURRENCY,
    ),
    *_keys(
        "fields",
        "fields",
        birth_date=FIELD,
        category=FIELD,
        expires=FIELD,
        home=FIELD,
        may_enter=FIELD,
        may_enter_if=VALUES,
        date_formats=DATES,
    ),
    *_keys(
        "blocks",
        "blocks",
        lost=POSITIONS,
        may_not_enter=POSITIONS,
        may_not_borrow=POSITIONS,
        explained_by=POSITIONS,
        expired_text=PATTERN,
        harmless_text=PATTERN,
    ),
    *_keys("limits", "", wrong_pins_until_locked=count(0, 20), pool_size=count(1, 8), idle_seconds=seconds(1, 3600)),
)

TABLES: dict[str, dict[str, Key]] = {}
for _key in KEYS:
    TABLES.setdefault(_key.table, {})[_key.name] = _key


def filled(base: SiteProfile, values: Mapping[Key, Any]) -> SiteProfile:
    """The profile with other values in some of its lines."""
    changed: dict[str, dict[str, Any]] = {part: {} for part in _parts(base)}
    for key, value in values.items():
        changed[key.part][key.attribute] = value
    wire = replace(base.wire, coding=replace(base.wire.coding, **changed["coding"]), **changed["wire"])
    fields, blocks = replace(base.fields, **changed["fields"]), replace(base.blocks, **changed["blocks"])
    return replace(base, wire=wire, fields=fields, blocks=blocks, **changed[""])
