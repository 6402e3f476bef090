"""What differs between library systems, as data: one profile a site, from a preset or a file of its own.

Contract: everything outside this package imports from here. `site` holds the values, `reading` and `writing` the TOML.
"""

from meroppet.ils.profiles.presets import (
    KOHA,
    PRESETS,
    STANDARD,
    preset_text,
    profile_from_toml,
    profile_to_toml,
)
from meroppet.ils.profiles.reading import ProfileError, changed
from meroppet.ils.profiles.site import BlockReading, CardEcho, FieldMap, PinMessage, SiteProfile

EVERGREEN, KOHA_SUOMI = PRESETS["evergreen"], PRESETS["koha-suomi"]

__all__ = [
    "EVERGREEN",
    "KOHA",
    "KOHA_SUOMI",
    "PRESETS",
    "STANDARD",
    "BlockReading",
    "CardEcho",
    "FieldMap",
    "PinMessage",
    "ProfileError",
    "SiteProfile",
    "changed",
    "preset_text",
    "profile_from_toml",
    "profile_to_toml",
]
