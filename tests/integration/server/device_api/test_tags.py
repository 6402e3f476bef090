"""A tag reported by a device, over the signed channel: sealed for one order, and for nobody else."""

import base64

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import select
from sqlmodel import col

from meroppet.rules.card_formats import Barcode, ByteOrder, CardFormats, Chip
from meroppet.rules.credentials import Pin
from meroppet.rules.passes import PassKind
from meroppet.wire.cards import CardsDocument, cards_from_wire
from meroppet.wire.changes import read_snapshot
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.sealing import seal
from server.cards.models import CardShape
from server.cards.service import say
from server.db import Scope, unscoped
from server.devices.service import device
from server.passes.handouts import Target, order_tag
from server.passes.service import Made, Wanted, make_pass
from server.replication.models import Change
from tests.fakes.signing_device import SigningDevice

from .conftest import ASTRID, PIN, House

TAG = "04A1B2C3D4E5F6"


def sealed(door: SigningDevice, order: str, card: str = TAG) -> str:
    key = X25519PublicKey.from_public_bytes(base64.b64decode(door.seal_key))
    return seal(key, order, {"card": card})


async def ordered(house: House, door: SigningDevice) -> str:
    branch = house.branches["skiljebo"]
    async with house.database.session(branch.scope) as session:
        wanted = Wanted(kind=PassKind.CLEANER, label="cleaning", pin=Pin("7305"))
        made = await make_pass(session, house.keys, branch, wanted, "ulla")
        found = await device(session, door.device)
        assert isinstance(made, Made)
        assert found is not None
        return await order_tag(session, branch, found, Target(pass_id=made.id), "ulla")


async def said(door: SigningDevice, **body: str) -> str:
    response = await door.ask("POST", "/tags", body)
    assert response.status_code == 200, response.text
    return str(response.json()["outcome"])


async def test_doors_and_kiosks_report_a_tag_and_it_is_told_to_the_branch(house: House) -> None:
    for kind in DeviceKind:
        reader = await house.device(kind=kind)
        order = await ordered(house, reader)

        assert await said(reader, order=order, unfit="item_tag") == "item_tag"
        assert await said(reader, order=order, sealed=sealed(reader, order, f"{TAG}{kind.name[0]}")) == "done"
        assert await said(reader, order=order, sealed=sealed(reader, order)) == "too_late"

    async with house.database.reading(house.branches["skiljebo"].scope) as session:
        told = await session.all(select(col(Change.key)).where(col(Change.kind) == "pass"))
    assert len(told) == len(DeviceKind)


async def test_a_tag_sealed_for_another_order_is_not_believed(house: House) -> None:
    door = await house.device()
    order = await ordered(house, door)

    for wrong in (sealed(door, "another order"), "", "not sealed at all"):
        assert (await door.ask("POST", "/tags", {"order": order, "sealed": wrong})).status_code == 400


async def test_a_device_may_not_say_itself_that_a_tag_is_handed_out(house: House) -> None:
    door = await house.device()
    order = await ordered(house, door)

    assert await said(door, order=order, unfit="done") == "unreadable"


async def test_of_a_card_that_was_right_its_look_is_remembered_and_of_others_nothing(house: House) -> None:
    door = await house.device()
    for number, (card, pin) in enumerate(((ASTRID, PIN), (ASTRID, PIN), (ASTRID, "9999"), ("X999999", PIN))):
        sealed_both = door.seal(f"attempt-{number}", card, pin)
        body = {"attempt": f"attempt-{number}", "door": door.device, "sealed": sealed_both}
        assert (await door.ask("POST", "/verify", body)).status_code == 200

    async with house.database.reading(unscoped("the test looks")) as session:
        (row,) = await session.all(select(CardShape))
    assert row.seen == 2
    assert ASTRID not in row.shape


async def test_what_a_consortium_says_of_its_cards_is_told_to_its_devices(house: House) -> None:
    door = await house.device()
    formats = CardFormats(barcodes=(Barcode(lengths=frozenset({11})),), chip=Chip(order=ByteOrder.REVERSED))

    async with house.database.session(Scope.of_consortium("vastmanland")) as session:
        assert await say(session, "vastmanland", formats, "klara") is None

    _, documents, _ = read_snapshot((await door.ask("GET", "/snapshot")).content)
    (told,) = (document.value for document in documents if document.kind == "cards")
    assert cards_from_wire(CardsDocument.model_validate(told)) == formats
