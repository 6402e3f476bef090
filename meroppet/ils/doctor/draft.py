"""The profile as it takes shape: what was seen goes over what the preset nearest to it says."""

from dataclasses import dataclass, field, replace
from typing import Any

from meroppet.ils.doctor.fields import NOTHING, Certainty, Guess
from meroppet.ils.doctor.lettering import Lettering, Letters
from meroppet.ils.profiles import PRESETS, CardEcho, PinMessage, SiteProfile, changed
from meroppet.sip2.fields import ZoneStyle

NAMED = ("birth_date", "category", "expires", "home", "may_enter")
"""The lines of a field map."""

_ENOUGH = 3
_ZONES = {ZoneStyle.BLANK: "blank", ZoneStyle.ZEROS: "0000", ZoneStyle.UTC: "Z"}
_TERMINATORS = {b"\r": "CR", b"\n": "LF", b"\r\n": "CRLF"}


@dataclass(slots=True)
class Draft:
    """What was seen; None and absent: nothing was."""

    terminator: bytes | None = None
    error_detection: bool | None = None
    needs_login: bool | None = None
    code_point_sum: bool | None = None
    delimiter: str | None = None
    zone: ZoneStyle | None = None
    lettering: Lettering | None = None
    minds_institution: bool | None = None
    card_echo: CardEcho | None = None
    pin_message: PinMessage | None = None
    wrong_pins: int | None = None
    idle_seconds: float | None = None
    blank_nb_due: bool | None = None
    location_from_status: bool | None = None
    fields: dict[str, Guess] = field(default_factory=dict)
    greets_as_koha: bool = False
    takes_missing_pin: bool = False

    def lines(self) -> dict[str, Any]:
        """The profile's lines that were seen, by their keys in TOML, as TOML writes them."""
        charset = self.lettering.charset if self.lettering is not None else None
        told = {
            "wire.charset": charset,
            "wire.terminator": _TERMINATORS.get(self.terminator or b""),
            "wire.delimiter": self.delimiter,
            "wire.code_point_sum": self.code_point_sum,
            "wire.error_detection": self.error_detection,
            "wire.needs_login": self.needs_login,
            "wire.zone": _ZONES[self.zone] if self.zone is not None else None,
            "requests.blank_nb_due": self.blank_nb_due,
            "requests.location_from_status": self.location_from_status,
            "requests.institution_from_status": self.minds_institution,
            "requests.pin_message": self.pin_message,
            "answers.card_echo": self.card_echo,
            "limits.wrong_pins_until_locked": self.wrong_pins,
            "limits.idle_seconds": self.idle_seconds,
        }
        named = {f"fields.{name}": guess.identifier or "" for name, guess in self.fields.items()}
        return {key: value for key, value in told.items() if value is not None} | named

    def guessed(self) -> tuple[str, ...]:
        """Those of the lines that fit what was seen, but that nobody has said to be so."""
        return tuple(f"fields.{name}" for name, guess in self.fields.items() if guess.certainty is Certainty.LIKELY)

    def profile(self, base: SiteProfile, name: str) -> SiteProfile:
        """The preset with everything that was seen."""
        tables: dict[str, dict[str, Any]] = {}
        for key, value in self.lines().items():
            table, _, line = key.partition(".")
            tables.setdefault(table, {})[line] = value
        if tables.get("wire", {}).get("charset", base.wire.coding.charset) != base.wire.coding.charset:
            tables["wire"]["fallback_charset"] = "latin-1" if tables["wire"]["charset"] == "utf-8" else "utf-8"
        forms = [guess.form for guess in self.fields.values() if guess.form is not None]
        if not {*forms} <= {*base.fields.date_formats}:
            tables["fields"]["date_formats"] = [*dict.fromkeys((*base.fields.date_formats, *forms))]
        return replace(changed(base, tables), name=name)


def nearest(draft: Draft) -> str:
    """The preset that fits best what was seen; `standard` unless one stands out."""
    if draft.greets_as_koha:
        return "koha-suomi" if draft.fields.get("may_enter", NOTHING).identifier == "PA" else "koha"
    points = {name: _points(preset, draft) for name, preset in PRESETS.items() if not name.startswith("koha")}
    best = max(points, key=lambda name: points[name])
    return best if points[best] >= points["standard"] + _ENOUGH else "standard"


def _points(preset: SiteProfile, draft: Draft) -> int:
    points = sum(_field_points(preset, name, guess) for name, guess in draft.fields.items())
    points += _agrees(preset.wire.zone, draft.zone, 2)
    points += _agrees(preset.institution_from_status, draft.minds_institution, 2)
    if draft.lettering is not None and draft.lettering.letters is not Letters.UNSEEN:
        points += _agrees(preset.wire.coding.charset, draft.lettering.charset, 1)
    return points + (2 * _ENOUGH if draft.takes_missing_pin and preset.name == "spydus" else 0)


def _field_points(preset: SiteProfile, name: str, guess: Guess) -> int:
    named = getattr(preset.fields, name)
    if named is None:
        return -1 if guess.identifier is not None else 0
    return 2 if named == guess.identifier else -2


def _agrees(said: object, seen: object, weight: int) -> int:
    return 0 if seen is None else weight if said == seen else -weight
