"""The door's card through pyscard, from a real pcscd with a virtual reader."""

import asyncio
from collections.abc import Iterator

import pytest

from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine
from tests.fakes.pcscd import Pcscd
from tests.fakes.server_double import Patron
from tests.fakes.vicc import VirtualCard
from tests.integration.door.house import House, until

TAG = Patron("04A1B2C3D4E5F6", "7305")


@pytest.fixture
def pcscd() -> Iterator[None]:
    with Pcscd():
        yield


async def test_a_tag_and_a_pin_open_the_door(house: House, pcscd: None) -> None:
    house.fitted = {"card_reader": {"driver": "pcsc", "reader": "PICC"}}
    house.server.patrons[TAG.card] = TAG
    await house.open()
    house.server.permit(TAG.card)
    await until(lambda: house.door.device.replica.right(house.server.subject(TAG.card)))

    card = await asyncio.to_thread(VirtualCard, bytes.fromhex(TAG.card))
    await house.says(DoorLine.ASK_PIN)
    house.pin(TAG.pin)
    await house.says(Reason.GRANTED)
    await asyncio.to_thread(card.close)

    assert house.server.asked == [{"card": TAG.card, "pin": TAG.pin}]
    assert house.board.releases == 1
