"""The presets that come with the product: the TOML files beside this module, each line with its evidence."""

from collections.abc import Mapping
from importlib.resources import files

from meroppet.ils.profiles.reading import read_profile
from meroppet.ils.profiles.site import SiteProfile
from meroppet.ils.profiles.writing import write_profile

NAMES = (
    "standard",
    "koha",
    "koha-24",
    "koha-suomi",
    "quria",
    "evergreen",
    "sierra",
    "polaris",
    "folio",
    "spydus",
    "symphony",
)
"""A preset comes after the one it is based on."""


def preset_text(name: str) -> str:
    """The text of a preset, with its evidence."""
    return files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _load() -> dict[str, SiteProfile]:
    found: dict[str, SiteProfile] = {}
    for name in NAMES:
        found[name] = read_profile(preset_text(name), found, where=f"{name}.toml")
    return found


PRESETS: Mapping[str, SiteProfile] = _load()
STANDARD = PRESETS["standard"]
KOHA = PRESETS["koha"]


def profile_from_toml(text: str, *, where: str = "profile") -> SiteProfile:
    """A site's own profile; without `based_on` it starts from SIP2 to the letter. Raises ProfileError."""
    return read_profile(text, PRESETS, where=where)


def profile_to_toml(
    profile: SiteProfile,
    *,
    based_on: str = "standard",
    notes: Mapping[str, str] | None = None,
    inside: str = "",
) -> str:
    """The text that `profile_from_toml` reads back as this profile: its differences from the preset `based_on`.

    `notes` are comments by dotted key ("wire.charset"). With `inside`, the table of a configuration file ("registers.
    profile_changes"), the text is that table instead of a whole profile.
    """
    return write_profile(profile, PRESETS[based_on], notes=notes, inside=inside)
