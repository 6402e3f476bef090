"""Which register a branch has is the installer's word."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from meroppet.ils.doctor.findings import Check, Finding, Judged
from meroppet.ils.koha_rest import KohaRestIls
from meroppet.ils.profiles import PRESETS
from server.registers.printing import row
from server.registers.service import Registers
from server.registers.settings import AccountSettings, RegisterSettings
from tests.fakes.clocks import ManualClock


def settings(**other: object) -> RegisterSettings:
    values = {"id": "koha", "profile": "koha", "host": "127.0.0.1", "port": 6001, **other}
    return RegisterSettings.model_validate({"accounts": [{"branch": "skiljebo", "user": "u"}], **values})


def test_a_branch_finds_its_register_and_another_finds_none() -> None:
    registers = Registers([settings()], {"skiljebo": SecretStr("p")}, ManualClock())

    assert (registers.of("skiljebo"), registers.of("nora")) == ("koha", None)
    assert registers.ils("nora") is None


def test_a_door_does_not_wait_behind_a_kiosk() -> None:
    registers = Registers([settings()], {}, ManualClock())

    assert registers.ils("skiljebo", "door") is registers.ils("skiljebo", "door")
    assert registers.ils("skiljebo", "door") is not registers.ils("skiljebo", "kiosk")
    assert registers.ils("skiljebo", "staff") is registers.ils("skiljebo", "kiosk")


def test_two_registers_cannot_both_be_a_branchs() -> None:
    with pytest.raises(ValueError, match="skiljebo"):
        Registers([settings(), settings(id="quria")], {}, ManualClock())


@pytest.mark.parametrize(
    "other",
    [
        {"profile": "kohha"},
        {"port": 0},
        {"hosts": "x"},
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"tls": True, "pinned_sha256": "å" * 64},
        {"tls": True, "pinned_sha256": ""},
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**other)


@pytest.mark.parametrize("other", [{"pinned_sha256": "00" * 32}, {"ca_file": "/ca.pem"}])
def test_whoever_names_a_certificate_is_not_spoken_to_in_the_clear(other: dict[str, object]) -> None:
    assert settings(tls=True, **other).tls
    with pytest.raises(ValidationError, match="tls = true"):
        settings(plain_text=True, **other)


def test_an_account_needs_a_branch() -> None:
    with pytest.raises(ValidationError):
        AccountSettings.model_validate({"user": "u"})


def test_a_site_changes_single_lines_of_its_profile() -> None:
    changed = settings(profile_changes={"fields": {"may_enter": "XM"}, "limits": {"pool_size": 2}}).site_profile()

    assert (changed.fields.may_enter, changed.pool_size, changed.wire) == ("XM", 2, PRESETS["koha"].wire)


def test_a_site_may_have_a_profile_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('name = "site"\nbased_on = "quria"\n[wire]\ncharset = "latin-1"\n', encoding="utf-8")

    profile = settings(profile_file=file).site_profile()

    assert (profile.name, profile.wire.coding.charset, profile.renews_by_checkout) == ("site", "latin-1", True)


@pytest.mark.parametrize(
    "other",
    [
        {"profile_changes": {"fields": {"may_entre": "XM"}}},
        {"profile_changes": {"limits": {"pool_size": 0}}},
        {"profile_file": "/nonexistent.toml"},
        {"host": ""},
        {"pinned_sha256": "00" * 32, "plain_text": True},
        {"ca_file": "/etc/meroppet/register.pem"},
        {"kind": "koha-rest"},
        {"kind": "koha-rest", "url": "https://koha.example.se", "client_id": "c", "pinned_sha256": "00"},
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_starts(other: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**other)


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
async def test_a_koha_is_asked_over_rest_where_the_settings_say_so(host: str) -> None:
    rest = settings(kind="koha-rest", url="https://koha.example.se", client_id="c", host=host)
    registers = Registers([rest], {}, ManualClock(), {"koha": SecretStr("s")})

    assert isinstance(registers.ils("skiljebo"), KohaRestIls)
    assert isinstance(registers.ils("skiljebo", "door"), KohaRestIls)
    assert (registers.account("skiljebo") is None) is (host == "")
    await registers.close()


def test_an_address_that_cannot_be_meant_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="url"):
        Registers([settings(kind="koha-rest", url="koha.example.se", client_id="c")], {}, ManualClock())


def test_plain_text_over_a_network_is_shown_and_within_the_machine_it_is_not() -> None:
    shown = {
        host: Registers([settings(host=host, plain_text=True)], {}, ManualClock()).views()[0].is_exposed
        for host in ("127.0.0.1", "10.1.2.3")
    }

    assert shown == {"127.0.0.1": False, "10.1.2.3": True}


def test_what_a_register_says_of_itself_cannot_steer_a_terminal() -> None:
    said = {"library": "Bj\x1b]0;x\x07\x1b[2Jörken\u202e", "institution": "–", "version": "2.00", "messages": "–"}

    shown = row(Finding(Check.STATUS, Judged.GOOD, "status", said))

    assert "Bj·]0;x··[2Jörken·" in shown
    assert shown.replace("\n", "").isprintable()
