"""Which register a branch has is the installer's word."""

import pytest
from pydantic import SecretStr, ValidationError

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


def test_two_registers_cannot_both_be_a_branchs() -> None:
    with pytest.raises(ValueError, match="skiljebo"):
        Registers([settings(), settings(id="quria")], {}, ManualClock())


@pytest.mark.parametrize("other", [{"profile": "kohha"}, {"port": 0}, {"hosts": "x"}])
def test_a_setting_that_cannot_be_meant_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**other)


def test_an_account_needs_a_branch() -> None:
    with pytest.raises(ValidationError):
        AccountSettings.model_validate({"user": "u"})
