"""What nobody may find afterwards: a card number or a PIN in a log line or on the device's disk."""

import logging

import pytest

from meroppet.rules.eligibility import Policy
from meroppet.rules.reasons import Reason
from tests.fakes.server_double import Patron, patrons
from tests.integration.door.house import ANNA, House, until

WRONG_PIN = "739154"
CECILIA = Patron("C3000003", "864205")


async def _come_in(house: House) -> None:
    await house.enter(CECILIA)
    await house.says(Reason.GRANTED)
    before = house.server.kinds().count("door.shut")
    await house.walk_in()
    await until(lambda: house.server.kinds().count("door.shut") > before)


async def test_neither_logs_nor_files_hold_a_card_number_or_a_pin(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.server.patrons = patrons(ANNA, CECILIA)
    house.server.permit(CECILIA.card)
    await house.open(policy=Policy(minimum_age=16, pin_length=6, offline_pin=True))

    await house.enter(ANNA, WRONG_PIN)
    await house.says(Reason.WRONG_PIN)
    await _come_in(house)
    house.server.register = "gone"
    await house.enter(ANNA, WRONG_PIN)
    await house.says(Reason.ILS_UNAVAILABLE)
    await _come_in(house)
    await until(lambda: len(house.server.reasons()) == 2)
    await house.stop_door()

    assert [detail for kind, detail in house.journal() if kind == "access.granted" and '"cached"' in detail]
    files = [file.read_bytes() for file in sorted((house.folder / "state").rglob("*")) if file.is_file()]
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for secret in (ANNA.card, WRONG_PIN, CECILIA.card, CECILIA.pin):
        assert secret not in logged
        assert not any(secret.encode() in content for content in files)
