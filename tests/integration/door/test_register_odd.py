"""Whatever is wrong with a register: a refusal, or what the door has learned; never somebody who may not come in."""

import asyncio
import secrets
from datetime import UTC, date, datetime

import pytest

from door_controller.asking import ask_server, recall
from door_controller.controller import DoorController
from door_controller.identifying import identify
from meroppet.ils.acs_simulator import Fault
from meroppet.rules import entry as rules
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import Policy, Right
from meroppet.rules.events import AccessGranted, AccessRefused
from meroppet.rules.pin import PinAnswer
from meroppet.rules.reasons import Reason
from meroppet.wire.verify import VerifyReply, WireFacts
from tests.fakes.server_double import Patron
from tests.integration.door.house import House
from tests.integration.door.town import Town, open_town

POLICY = Policy(minimum_age=18, offline_pin=True)
RIGHT_PIN, WRONG_PIN = "7305", "9146"
BROKEN = {Fault.CLOSE, Fault.HALF_ANSWER, Fault.GARBAGE}
"""Faults that show at once, with time left for what was learned."""
SILENT = {*BROKEN, Fault.HANG, Fault.NO_CR, Fault.ENDLESS, Fault.ASKS_AGAIN}
"""Faults under which nothing can be known of anybody, so that only what was learned lets in."""
ROLES = ("permitted", "guessed", "unpermitted", "learned", "learned_guessed")
PER_TOWN = 3
"""More faults at one door, and its own caps would say no before the register was asked."""
FAULTS = tuple(Fault)


def people(fault: Fault) -> dict[str, Patron]:
    """Somebody for each role, whom no other fault has met."""
    number = FAULTS.index(fault)
    return {role: Patron(f"A20{number:04}{at:04}", RIGHT_PIN) for at, role in enumerate(ROLES)}


async def tried(door: DoorController, card: str, pin: str) -> str:
    """What the door decides of a card and PIN: by whom it lets in, or why not. Only strike and display are left out."""
    device, place = door.device, door.place
    entry: rules.Entry = rules.Idle()
    answers: asyncio.Queue[rules.Verified] = asyncio.Queue()
    ended: list[str] = []

    async def happen(what: rules.Happening) -> None:
        nonlocal entry
        entry, effects = rules.step(entry, what, place.site(), device.clock.monotonic())
        for effect in effects:
            match effect:
                case rules.Count(attempt, number):
                    await device.attempts.count(attempt, device.digest(number) or "")
                case rules.Settle(attempt, outcome):
                    await device.attempts.settle(attempt, outcome)
                case rules.Recall():
                    await recall(device, effect, answers.put_nowait)
                case rules.Verify():
                    await ask_server(device, effect, answers.put_nowait)
                case rules.Record(AccessGranted(_, checked)):
                    ended.append(f"granted by {checked}")
                case rules.Record(AccessRefused(_, reason)):
                    ended.append(reason.value)
                case _:
                    pass

    await happen(await identify(device, secrets.token_hex(16), CardNumber(card)))
    for digit in pin:
        await happen(rules.Key(digit))
    while not ended:
        await happen(await answers.get())
    return ended[0]


async def _learn(town: Town, patron: Patron) -> None:
    device = town.house.door.device
    assert device.keys is not None
    subject = device.keys.subject(CardNumber(patron.card))
    facts = WireFacts(valid=True, birth_date=date(1990, 5, 1))
    said = VerifyReply(pin=PinAnswer.RIGHT, facts=facts, as_of=datetime.now(UTC), change=0, subject=subject)
    await device.verifiers.learn(device.keys.pin, subject, Pin(patron.pin), said)


async def _prepared(town: Town, met: dict[str, Patron]) -> None:
    for role, patron in met.items():
        if role != "unpermitted":
            await town.right(patron.card, Right(permitted=True))
        if role.startswith("learned"):
            await _learn(town, patron)


async def _all_tried(town: Town, fault: Fault) -> dict[str, str]:
    door, met = town.house.door, people(fault)
    wrong = {"guessed", "learned_guessed"}
    tries = {role: (patron.card, WRONG_PIN if role in wrong else patron.pin) for role, patron in met.items()}
    tries["unknown"] = (f"Z99{FAULTS.index(fault):04}", RIGHT_PIN)
    said = await asyncio.gather(*(tried(door, card, pin) for card, pin in tries.values()))
    return dict(zip(tries, said, strict=True))


@pytest.mark.parametrize("group", range(0, len(FAULTS), PER_TOWN))
async def test_no_fault_of_a_register_lets_in_who_may_not(house: House, group: int) -> None:
    faults = FAULTS[group : group + PER_TOWN]
    everybody = [patron for fault in faults for patron in people(fault).values()]
    async with open_town(house, everybody, POLICY) as town:
        for fault in faults:
            await _prepared(town, people(fault))
        door, device = town.house.door, town.house.door.device
        async with asyncio.timeout(20):
            last = CardNumber(people(faults[-1])["learned_guessed"].card)
            while device.replica.right(device.digest(last) or "") is None:  # noqa: ASYNC110 (no event for it)
                await asyncio.sleep(0.02)
        for fault in faults:
            town.register.control.fault, town.register.control.seconds = fault, 0.4
            said = await _all_tried(town, fault)
            # A machine that is busy enough lets the cap come first: that is a refusal, and she tries again.
            learned, times = people(fault)["learned"], 2 if fault in BROKEN else 0
            again = [await tried(door, learned.card, learned.pin) for _ in range(times)]
            town.register.control.fault = Fault.NONE
            await town.register.drop()

            let_in = {role for role, ended in said.items() if ended.startswith("granted")}
            assert let_in <= {"permitted", "learned"}, (fault, said)
            assert said["unpermitted"] in {Reason.NO_PERMISSION, *NOTHING_KNOWN}, (fault, said)
            if fault is Fault.NONE:
                assert said["permitted"] == said["learned"] == "granted by ils", said
            if fault in SILENT:
                assert said["permitted"] == Reason.ILS_UNAVAILABLE, (fault, said)
                assert let_in <= {"learned"}, (fault, said)
            if fault in BROKEN:
                assert "granted by cached" in {said["learned"], *again}, (fault, said, again)
            if fault is Fault.EVERYBODY_UNKNOWN:
                assert let_in == set(), said
                assert await device.verifiers.count() >= 2, "what was learned outlives a register that lost everybody"


NOTHING_KNOWN = {
    Reason.ILS_UNAVAILABLE,
    Reason.REGISTER_CONTRADICTION,
    Reason.UNKNOWN_CARD,
    Reason.WRONG_PIN,
    Reason.PIN_NOT_VERIFIED,
    Reason.PIN_WITHHELD,
}
