"""docs/registers.md says of the presets what they say, and its examples are profiles."""

import re
import tomllib
from pathlib import Path

import pytest

from meroppet.ils.profiles import KOHA, PRESETS, SiteProfile, changed, profile_from_toml
from meroppet.ils.profiles.keys import KEYS, TABLES

TEXT = (Path(__file__).parents[4] / "docs/registers.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def row(profile: SiteProfile) -> list[str]:
    wire, fields = profile.wire, profile.fields
    letters = ", ".join(filter(None, (wire.coding.charset, wire.coding.fallback)))
    named = (fields.birth_date, fields.category, fields.expires, fields.home, fields.may_enter)
    return [letters, "yes" if wire.error_detection else "no", wire.zone.strip() or "blank", *(n or "–" for n in named)]


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_each_preset_has_a_row_that_says_what_it_says(profile: SiteProfile) -> None:
    (found,) = re.findall(rf"^\| `{profile.name}` \|[^|]+\| (.*) \|$", TEXT, re.MULTILINE)

    assert found.split(" | ") == row(profile)


def test_every_line_of_a_profile_is_named() -> None:
    assert [key.dotted for key in KEYS if f"`{key.name}`" not in TEXT] == []
    assert [table for table in TABLES if f"`[{table}]`" not in TEXT] == []


def test_the_examples_are_profiles() -> None:
    configuration, own_file = EXAMPLES

    (register,) = tomllib.loads(configuration)["registers"]
    site = changed(PRESETS[register["profile"]], register["profile_changes"])
    own = profile_from_toml(own_file)

    assert (site.fields.may_enter, site.wrong_pins_until_locked) == ("XM", 5)
    assert (own.name, own.wire.coding.charset, own.fields) == ("bergslagen", "latin-1", KOHA.fields)
