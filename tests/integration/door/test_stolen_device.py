"""A door is stolen after a day with canaries: what the whole source and its disk tell of those who came."""

import asyncio
import random
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from meroppet.rules.credentials import Pin
from meroppet.rules.eligibility import Policy
from meroppet.rules.passes import Pass, PassKind
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine
from meroppet.wire.digests import code_digest
from meroppet.wire.passes import pass_to_wire
from meroppet.wire.pin_verifier import pin_verifier
from meroppet.wire.verify import VerifyReply, WireFacts
from tests.fakes.server_double import Patron, patrons
from tests.integration.door.house import House, until
from tests.integration.door.thief import Loot, Thief

HOW_MANY = 1000
DRAW = random.Random(20261123)
PEOPLE = tuple(
    Patron(
        f"LK{number:08}",
        f"{DRAW.randrange(10**6):06}",
        WireFacts(valid=True, birth_date=date(1930, 1, 1) + timedelta(days=DRAW.randrange(27_000)), home="Ödeby"),
    )
    for number in range(70_000_000, 70_000_000 + HOW_MANY)
)
PERSON = Patron("199001011239", "864209", WireFacts(valid=True, birth_date=date(1990, 1, 1)))
POLICY = Policy(minimum_age=16, pin_length=6, offline_pin=True, number_entry=True)
TAG, TAG_PIN, CODE = "04A1B2C3D4E5F6", "975310", "58203941"
OWN, *AFTER = PEOPLE[:5]


async def _canary_day(house: House) -> None:
    """The first of them come in by the board; one types her personnummer, one a code, one holds up a tag."""
    for patron in PEOPLE[:3]:
        await house.enter(patron)
        await house.says(Reason.GRANTED)
    await house.enter(PEOPLE[3], "000001")
    await house.says(Reason.WRONG_PIN)
    await _type(house, PERSON.card)
    house.pin(PERSON.pin)
    await house.says(Reason.GRANTED)
    house.server.register = "gone"
    await house.enter(OWN)
    await house.says(Reason.GRANTED)
    house.board.tap(TAG)
    await house.says(DoorLine.ASK_PIN)
    house.pin(TAG_PIN)
    await until(lambda: _checked(house).count("pass") == 1)
    await _type(house, f"{CODE}#")
    await until(lambda: _checked(house).count("pass") == 2)


async def _type(house: House, keys: str) -> None:
    # A number may be typed when nothing else is on the display.
    await house.says(DoorLine.IDLE, within=8)
    house.pin(keys)
    if not keys.endswith("#"):
        await house.says(DoorLine.ASK_PIN)


def _checked(house: House) -> list[str]:
    return [
        detail.split('"checked":"')[1].split('"')[0] for kind, detail in house.journal() if kind == "access.granted"
    ]


async def _everybody_else(house: House) -> None:
    """What the door does after a right PIN, without the second of waiting that each visit takes."""
    device, several = house.door.device, asyncio.Semaphore(3)
    keys = device.keys
    assert keys is not None

    async def learn(patron: Patron) -> None:
        subject = house.server.subject(patron.card)
        said = VerifyReply(
            pin=PinAnswer.RIGHT,
            facts=patron.facts,
            as_of=datetime.now(UTC),
            change=house.server.change,
            subject=subject,
        )
        async with several:
            await device.verifiers.learn(keys.pin, subject, Pin(patron.pin), said)

    await asyncio.gather(*(learn(patron) for patron in PEOPLE))


def _hand_out(house: House) -> None:
    keys = house.server
    verifier = pin_verifier(keys.pin_key, "p1", Pin(TAG_PIN), b"s" * 16)
    tag = Pass(id="p1", kind=PassKind.CLEANER, always=True, verifier=verifier)
    code = Pass(id="p2", kind=PassKind.VISITOR, once=True, valid_until=datetime(2100, 1, 1, tzinfo=UTC))
    keys.put("pass", pass_to_wire(tag), keys.subject(TAG))
    keys.put("pass", pass_to_wire(code), code_digest(keys.digest_key, CODE))


def _attack(image: Path) -> tuple[Thief, Loot]:
    guesses = ["123456", "111111", *(patron.pin for patron in AFTER)]
    after = frozenset(patron.card for patron in AFTER)
    thief = Thief(image, OWN.card, [patron.card for patron in PEOPLE], guesses, after)
    return thief, thief.attack()


async def test_a_stolen_door_tells_nothing_of_anybody_and_the_same_attack_with_its_keys_tells_all(
    house: House, tmp_path: Path
) -> None:
    house.server.patrons = patrons(*PEOPLE, PERSON)
    for patron in (*PEOPLE, PERSON):
        house.server.permit(patron.card)
    _hand_out(house)
    await house.open(policy=POLICY)
    await _canary_day(house)
    # The plug is pulled: what was not yet written back into the databases lies beside them.
    shutil.copytree(house.folder / "state", tmp_path / "pulled")
    await _everybody_else(house)
    await house.stop_door()
    shutil.copytree(house.folder / "state", tmp_path / "image")

    thief, loot = _attack(tmp_path / "image")

    assert loot == Loot()
    secrets = [text for patron in (*PEOPLE, PERSON) for text in (patron.card, str(patron.facts.birth_date))]
    pins = [TAG_PIN, *(patron.pin for patron in (*PEOPLE, PERSON))]
    for disk in (thief, replace(thief, image=tmp_path / "pulled")):
        assert disk.standing_alone([*secrets, *pins, TAG, CODE, "Ödeby"]) == set()

    # The same attack on the same disk, had the keys been written to it once: anywhere, among anything.
    dump = random.Random(1).randbytes(1000) + house.server.pin_key + b"\x00" * 5 + house.server.digest_key + b"end"
    (tmp_path / "image" / "core").write_bytes(dump)
    _, loot = _attack(tmp_path / "image")

    assert loot.pin_keys == {house.server.pin_key}
    assert loot.digest_keys == {house.server.digest_key}
    born = {house.server.subject(patron.card): patron.facts.birth_date for patron in PEOPLE}
    assert {card: known.facts.birth_date for card, known in loot.facts.items() if card in born} == born
    assert set(loot.numbers.values()) == {patron.card for patron in PEOPLE}
    assert loot.pins == {house.server.subject(patron.card): patron.pin for patron in AFTER}


@pytest.mark.parametrize(
    "shape", [str, lambda text: text.encode("utf-16-le").decode("latin-1"), lambda t: t.encode().hex()]
)
def test_the_thief_finds_what_lies_on_a_disk_in_clear(tmp_path: Path, shape) -> None:
    (tmp_path / "a.log").write_text(f"x{shape(OWN.card)}y card 864209 .123456", encoding="latin-1")

    thief = Thief(tmp_path, OWN.card, (), (), frozenset())

    assert thief.standing_alone([OWN.card, "864209", "123456", "LK99999999"]) == {OWN.card, "864209"}
