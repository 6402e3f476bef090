"""What nobody may find afterwards: a card number or a PIN in a log line or on the device's disk."""

import logging

import pytest

from meroppet.rules.eligibility import Policy
from meroppet.rules.reasons import Reason
from tests.integration.door.house import ANNA, House, until

SECRET_PIN = "739154"


async def test_neither_logs_nor_files_hold_a_card_number_or_a_pin(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await house.open(policy=Policy(minimum_age=16, pin_length=6, offline_pin=True))

    await house.enter(ANNA, SECRET_PIN)
    await house.says(Reason.WRONG_PIN)
    house.server.register = "gone"
    await house.enter(ANNA, SECRET_PIN)
    await house.says(Reason.ILS_UNAVAILABLE)
    await until(lambda: len(house.server.reasons()) == 2)
    await house.stop_door()

    files = [file.read_bytes() for file in sorted((house.folder / "state").rglob("*")) if file.is_file()]
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for secret in (ANNA.card, SECRET_PIN):
        assert secret not in logged
        assert not any(secret.encode() in content for content in files)
