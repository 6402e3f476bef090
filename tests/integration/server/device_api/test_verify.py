"""The register's word on card and PIN, through the server: an input to the door's decision, in time or not at all."""

import asyncio
import logging
from typing import Any

import pytest
from sqlalchemy import select

from meroppet.ils.acs_simulator import Fault
from meroppet.rules.eligibility import Right
from meroppet.wire.changes import read_snapshot, unpack_rights
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.ils import IlsLoanReply, IlsPatronReply, IlsReturnReply
from meroppet.wire.verify import VerifyReply
from server.db import unscoped
from server.db.schema import entities
from tests.fakes.signing_device import SigningDevice

from .conftest import ASTRID, PIN, House


async def verify(door: SigningDevice, card: str = ASTRID, pin: str = PIN, **wrong: Any) -> VerifyReply:
    sealed = door.seal(wrong.get("sealed_for", "attempt-1"), card, pin)
    response = await door.ask("POST", "/verify", {"attempt": "attempt-1", "door": door.device, "sealed": sealed})
    assert response.status_code == 200, response.text
    return VerifyReply.model_validate_json(response.content)


async def test_the_right_pin_comes_with_facts_the_subject_and_the_change_to_know_first(house: House) -> None:
    door = await house.device()
    await house.give(Right(permitted=True))

    reply = await verify(door)

    assert (reply.pin, reply.contradiction) == ("right", False)
    assert reply.facts is not None
    assert reply.facts.birth_date is not None
    header, _, records = read_snapshot((await door.ask("GET", "/snapshot")).content)
    assert reply.change == header.change
    assert [subject for subject, _ in unpack_rights(records)] == [reply.subject]


async def test_a_wrong_pin_is_wrong_and_an_unknown_card_is_not_known(house: House) -> None:
    door = await house.device()

    assert (await verify(door, pin="9999")).pin == "wrong"
    unknown = await verify(door, card="X999999")
    assert unknown.facts is None or not unknown.facts.valid
    assert unknown.subject is None


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.CLOSE, Fault.LATE_ANSWER, Fault.BAD_CHECKSUM])
async def test_a_register_that_cannot_be_believed_is_unavailable_within_two_seconds(house: House, fault: Fault) -> None:
    door = await house.device()
    house.register.control.fault = fault
    loop = asyncio.get_running_loop()
    begun = loop.time()

    reply = await verify(door)

    assert (reply.pin, reply.facts, reply.subject) == ("unavailable", None, None)
    assert loop.time() - begun < 5.0  # 2.0 s and what a busy machine adds


async def test_an_answer_about_another_patron_is_a_contradiction(house: House) -> None:
    door = await house.device()
    house.register.control.fault = Fault.WRONG_PATRON

    reply = await verify(door)

    assert (reply.pin, reply.contradiction, reply.facts) == ("unavailable", True, None)


async def test_a_branch_without_a_register_has_nobody_to_ask(house: House) -> None:
    assert (await verify(await house.device("salastad"))).pin == "unavailable"


@pytest.mark.parametrize(
    ("card", "pin"),
    [(ASTRID, ""), (ASTRID, "12a4"), (ASTRID, "1234567"), ("A1\r1", PIN), ("A" * 10_000, PIN), ("", PIN)],
)
async def test_what_is_no_card_or_no_pin_never_reaches_a_register(house: House, card: str, pin: str) -> None:
    door = await house.device()
    sealed = door.seal("attempt-1", card, pin)

    response = await door.ask("POST", "/verify", {"attempt": "attempt-1", "door": door.device, "sealed": sealed})

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert house.register.control.requests == 0


async def test_what_was_sealed_for_one_attempt_is_worth_nothing_for_another(house: House) -> None:
    door = await house.device()
    body = {"attempt": "attempt-2", "door": door.device, "sealed": door.seal("attempt-1", ASTRID, PIN)}

    assert (await door.ask("POST", "/verify", body)).json()["code"] == "bad_request"
    assert house.register.control.requests == 0


async def test_no_card_pin_or_name_is_logged_or_stored(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    door = await house.device()
    await house.give(Right(permitted=True))
    await verify(door)
    await verify(door, pin="9999")
    house.register.control.fault = Fault.WRONG_PATRON
    await verify(door)

    # Fields given as `extra` stand in a record and in the log, but not in its message.
    said = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records).encode()
    stored = b"".join(file.read_bytes() for file in house.keys.folder.parent.rglob("*") if file.is_file())
    stored += await dump(house)
    for secret in (ASTRID, PIN, "9999", "Astrid", "Provsson"):
        assert secret.encode() not in said
        if secret not in {PIN, "9999"}:
            assert secret.encode() not in stored


async def dump(house: House) -> bytes:
    """Every value of every table."""
    found = []
    async with house.database.reading(unscoped("a test looks for what must not be there")) as session:
        for entity in entities():
            found += [str(row.model_dump()) for row in await session.all(select(entity))]
    return "\n".join(found).encode()


async def kiosk_with(house: House) -> SigningDevice:
    return await house.device(kind=DeviceKind.KIOSK)


async def test_a_kiosk_greets_by_a_letter_and_lends_and_takes_back(house: House) -> None:
    kiosk = await kiosk_with(house)
    body = {"session": "s1", "sealed": kiosk.seal("s1", ASTRID, PIN)}

    patron = IlsPatronReply.model_validate_json((await kiosk.ask("POST", "/ils/patron", body)).content)
    assert (patron.pin, patron.initial, patron.holds_ready) == ("right", "A", 1)
    assert patron.subject is not None

    item = await kiosk.ask("POST", "/ils/item", {"session": "s1", "barcode": "30001"})
    assert item.json()["title"] == "Röda rummet"
    loan = await kiosk.ask("POST", "/ils/checkout", {**body, "barcode": "30001"})
    lent = IlsLoanReply.model_validate_json(loan.content)
    assert (lent.ok, lent.reason, lent.due is not None) == (True, "loaned", True)
    renewed = IlsLoanReply.model_validate_json(
        (await kiosk.ask("POST", "/ils/renew", {**body, "barcode": "30001"})).content
    )
    assert renewed.ok
    back = await kiosk.ask("POST", "/ils/checkin", {"session": "s1", "barcode": "30001"})
    assert IlsReturnReply.model_validate_json(back.content).ok


async def test_a_stranger_at_the_kiosk_learns_no_letter_of_a_name(house: House) -> None:
    kiosk = await kiosk_with(house)
    body = {"session": "s1", "sealed": kiosk.seal("s1", ASTRID, "9999")}

    patron = IlsPatronReply.model_validate_json((await kiosk.ask("POST", "/ils/patron", body)).content)

    assert (patron.pin, patron.initial, patron.holds_ready) == ("wrong", "", 0)


async def test_a_loan_nobody_answered_for_is_uncertain(house: House) -> None:
    kiosk = await kiosk_with(house)
    shown = {"session": "s1", "sealed": kiosk.seal("s1", ASTRID, PIN)}
    body = {**shown, "barcode": "30001"}
    await kiosk.ask("POST", "/ils/patron", shown)
    house.register.control.fault = Fault.HANG

    reply = IlsLoanReply.model_validate_json((await kiosk.ask("POST", "/ils/checkout", body)).content)

    assert (reply.ok, reply.reason, reply.uncertain) == (False, "unavailable", True)


@pytest.mark.parametrize("path", ["/ils/checkout", "/ils/renew"])
async def test_a_kiosk_borrows_for_nobody_whose_pin_was_not_right_there(house: House, path: str) -> None:
    kiosk, other = await kiosk_with(house), await kiosk_with(house)
    wrong = {"session": "s1", "sealed": kiosk.seal("s1", ASTRID, "9999")}
    right = {"session": "s1", "sealed": kiosk.seal("s1", ASTRID, PIN)}
    await kiosk.ask("POST", "/ils/patron", wrong)
    await other.ask("POST", "/ils/patron", right)
    asked = house.register.control.requests

    for body in (wrong, right):
        refused = await kiosk.ask("POST", path, {**body, "barcode": "30001"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")

    assert house.register.control.requests == asked
