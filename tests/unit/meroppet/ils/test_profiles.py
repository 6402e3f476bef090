"""The presets: complete, each line with its evidence, and safe where nobody knows."""

import re
import tomllib

import pytest

from meroppet.ils.profiles import KOHA, KOHA_SUOMI, PRESETS, STANDARD, SiteProfile, changed, preset_text
from meroppet.ils.profiles.keys import KEYS
from meroppet.sip2 import requests
from meroppet.sip2.session import ClientSession

EVIDENCE = {"recorded", "captured", "source", "document", "reported", "unverified"}
NAMED_BY_EVERYBODY = {
    "wire.charset",
    "wire.terminator",
    "wire.delimiter",
    "wire.error_detection",
    "wire.zone",
    "requests.blank_nb_due",
    "requests.blank_return_date",
    "requests.institution_from_status",
    "requests.location_at_login",
    "requests.location_from_status",
    "requests.pin_message",
    "fields.birth_date",
    "fields.category",
    "fields.expires",
    "fields.home",
    "fields.may_enter",
    "fields.date_formats",
    "blocks.lost",
    "blocks.may_not_enter",
    "blocks.may_not_borrow",
    "limits.wrong_pins_until_locked",
    "limits.pool_size",
    "limits.idle_seconds",
}


def said_by(name: str) -> set[str]:
    """The lines of a preset and of those it is based on, but for the standard's."""
    values = tomllib.loads(preset_text(name))
    own = {f"{table}.{key}" for table, lines in values.items() if isinstance(lines, dict) for key in lines}
    base = values.get("based_on", "standard")
    return own if base == "standard" else own | said_by(base)


def test_there_is_a_preset_for_each_known_system() -> None:
    assert set(PRESETS) == {
        "standard", "koha", "koha-24", "koha-suomi", "quria", "evergreen",
        "sierra", "polaris", "folio", "spydus", "symphony",
    }  # fmt: skip
    assert all(profile.name == name for name, profile in PRESETS.items())


@pytest.mark.parametrize("name", PRESETS)
def test_each_line_of_a_preset_names_its_evidence_or_says_unverified(name: str) -> None:
    lines = preset_text(name).splitlines()
    assigned = [(before, line) for before, line in zip(["", *lines], lines, strict=False) if re.match(r"\w+ = ", line)]

    for before, line in assigned:
        if re.match(r"(name|based_on|means) = ", line):
            continue
        # A long line has its evidence above it.
        comment = line.rpartition("  # ")[2] if "  # " in line else before.removeprefix("# ")
        assert re.split(r"[:;, ]", comment)[0] in EVIDENCE, line


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_says_everything_that_systems_are_known_to_differ_in(name: str) -> None:
    assert said_by(name) >= NAMED_BY_EVERYBODY


def test_the_standard_says_every_line_there_is_and_nothing_but_the_defaults() -> None:
    assert said_by("standard") == {key.dotted for key in KEYS}
    assert SiteProfile("standard") == STANDARD


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_a_register_of_which_nobody_knows_when_it_locks_is_taken_to_lock_early(profile: SiteProfile) -> None:
    assert profile.wrong_pins_until_locked == 3


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_one_connection_a_branch_and_none_that_outlives_the_register_s_patience(profile: SiteProfile) -> None:
    assert profile.pool_size == 1
    assert profile.idle_seconds < 30


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
def test_denied_charge_privileges_keep_out_and_a_lost_card_is_read_everywhere(profile: SiteProfile) -> None:
    assert profile.blocks.may_not_enter == {0}
    assert profile.blocks.lost == {4}
    assert profile.blocks.may_not_borrow >= {0}


def test_no_line_of_a_profile_can_say_what_an_absent_cq_means() -> None:
    assert not [key.dotted for key in KEYS if "cq" in key.name or "absent_pin" in key.name]


def test_the_same_field_means_another_thing_at_another_site() -> None:
    assert PRESETS["evergreen"].fields.expires == "PA"
    assert PRESETS["polaris"].fields.category == "PA"
    assert KOHA_SUOMI.fields.may_enter == "PA"
    assert KOHA.fields.birth_date == PRESETS["evergreen"].fields.birth_date == "PB"
    assert PRESETS["polaris"].fields.birth_date == "BC"


def test_book_it_wants_its_own_places_back_and_no_return_date() -> None:
    quria = PRESETS["quria"]

    assert (quria.institution_from_status, quria.location_from_status) == (True, True)
    assert (quria.blank_return_date, quria.renews_by_checkout) == (True, True)


@pytest.mark.parametrize(("name", "raw"), [("CR", b"\r"), ("LF", b"\n"), ("CRLF", b"\r\n")])
def test_a_request_ends_as_the_site_wants_it(name: str, raw: bytes) -> None:
    site = changed(STANDARD, {"wire": {"terminator": name}})

    sent = ClientSession(site.wire).send(requests.login("user", "password"))

    assert sent.endswith(raw)
    assert not sent.removesuffix(raw).endswith((b"\r", b"\n"))
