"""What a whole door decides by itself: learned PINs first, cards alone, who is inside, and what it understands."""

import asyncio
from dataclasses import replace
from datetime import date

from meroppet.rules.credentials import Pin
from meroppet.rules.eligibility import Policy
from meroppet.rules.intervals import Window
from meroppet.rules.passes import Pass, PassKind
from meroppet.rules.policy import GroupHours, Permission, PinCheck, WithoutConnection
from meroppet.rules.reasons import Reason
from meroppet.texts import DoorLine
from meroppet.wire.passes import pass_to_wire
from meroppet.wire.pin_verifier import pin_verifier
from meroppet.wire.schedules import ListDocument
from tests.fakes.server_double import NEVER, Patron
from tests.integration.door.house import ANNA, BERTIL, House, until

LOCAL_FIRST = Policy(minimum_age=16, offline_pin=True, pin_check=PinCheck.LOCAL_FIRST)


def checked(house: House) -> list[str]:
    """Who answered for each of those let in."""
    return [
        detail.split('"checked":"')[1].split('"')[0] for kind, detail in house.journal() if kind == "access.granted"
    ]


async def learned(house: House) -> int:
    return await house.door.device.verifiers.count()


async def test_a_learned_pin_lets_in_before_the_register_is_asked_and_a_changed_one_does_so_once(house: House) -> None:
    await house.open(policy=LOCAL_FIRST)
    await house.enter(ANNA)
    await house.says(Reason.GRANTED)
    while not await learned(house):  # noqa: ASYNC110 (a file has no event)
        await asyncio.sleep(0.02)
    house.server.patrons[ANNA.card] = replace(ANNA, pin="9146")

    await house.enter(ANNA)
    await until(lambda: checked(house) == ["ils", "cached"])
    while await learned(house):  # noqa: ASYNC110 (a file has no event)
        await asyncio.sleep(0.02)
    await house.enter(ANNA)
    await until(lambda: house.refusals() == [Reason.WRONG_PIN])

    assert checked(house) == ["ils", "cached"]


async def test_a_slip_of_the_finger_leaves_what_was_learned_alone(house: House) -> None:
    await house.open(policy=Policy(minimum_age=16, offline_pin=True))
    await house.enter(ANNA)
    await house.says(Reason.GRANTED)
    while not await learned(house):  # noqa: ASYNC110 (a file has no event)
        await asyncio.sleep(0.02)

    await house.enter(ANNA, "9146")
    await until(lambda: house.refusals() == [Reason.WRONG_PIN])

    assert await learned(house) == 1


async def test_without_its_server_a_card_alone_opens_where_the_branch_chose_that(house: House) -> None:
    house.server.permit(ANNA.card, facts_ok_until=date(2100, 1, 1))
    house.server.permit(BERTIL.card)
    policy = Policy(minimum_age=16, without_connection=WithoutConnection.CARD_ONLY)
    await house.open(policy=policy)
    # Opening the house permits her anew, without the server's word about the register.
    house.server.permit(ANNA.card, facts_ok_until=date(2100, 1, 1))
    digest = house.server.subject(ANNA.card)
    await until(lambda: (right := house.door.device.replica.right(digest)) and right.facts_ok_until)
    house.server.register = "gone"

    await house.enter(ANNA)
    await until(lambda: checked(house) == ["card"])
    await house.enter(BERTIL)
    await until(lambda: house.refusals() == [Reason.ILS_UNAVAILABLE])

    assert house.board.releases == 1


async def test_whom_the_server_cannot_name_is_not_let_in_where_the_right_comes_by_itself(house: House) -> None:
    # She may be suspended, and only her digest would tell.
    await house.open(policy=Policy(minimum_age=16, permission=Permission.AUTOMATIC))
    house.server.subject = lambda _: None  # type: ignore[method-assign, assignment, return-value]

    await house.enter(ANNA)
    await until(lambda: house.refusals() == [Reason.STALE_DATA])

    assert house.board.releases == 0


async def test_a_pin_typed_before_the_card_is_no_code_and_leaves_nothing_behind(house: House) -> None:
    await house.open(policy=Policy(minimum_age=16, number_entry=True))
    house.pin(f"{ANNA.pin}#")
    await until(lambda: house.refusals() == [Reason.INVALID_CARD])

    assert not await house.door.device.attempts.door_failures()
    await until(house.server.reasons)
    assert [row.subject for row in house.server.rows.values() if row.kind == "access.refused"] == [""]


async def test_a_full_branch_lets_in_when_somebody_has_left_also_after_a_restart(house: House) -> None:
    house.server.permit(BERTIL.card)
    await house.open(policy=Policy(minimum_age=16, maximum_inside=1))
    await house.enter(ANNA)
    await house.says(Reason.GRANTED)
    await house.stop_door()
    await house.start_door()
    await until(lambda: house.door.device.keys is not None and house.door.device.heard_at is not None)

    await house.enter(BERTIL)
    await house.says(Reason.FULL)
    house.board.press_exit()
    await until(lambda: "door.exit" in [kind for kind, _ in house.journal()])
    await house.enter(BERTIL)
    await house.says(Reason.GRANTED)

    assert (await house.door.facts())["inside"] == 1


async def test_what_a_door_cannot_understand_lets_nobody_in_and_everybody_out(house: House) -> None:
    await house.open()
    house.server.strange_kind, house.server.strange_snapshot = "moonlight", True
    house.server.permit(BERTIL.card)
    await until(lambda: house.door.device.is_outdated)

    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == [Reason.NO_POLICY])
    assert (await house.door.facts())["data_understood"] is False
    house.board.press_exit()
    await house.sees(lambda state: not state.locked)

    house.server.strange_snapshot = False
    await until(lambda: not house.door.device.is_outdated, within=30)
    await house.says(DoorLine.IDLE, within=10)
    assert house.door.device.replica.right(house.server.subject(BERTIL.card)) is not None


async def test_a_tag_taken_back_while_the_net_was_away_does_not_open_once_more(house: House) -> None:
    key, tag = house.server.pin_key, "04A1B2C3D4E5F6"
    verifier = pin_verifier(key, "p1", Pin("9146"), b"s" * 16)
    held = Pass(id="p1", kind=PassKind.CLEANER, always=True, verifier=verifier)
    house.server.put("pass", pass_to_wire(held), house.server.subject(tag))
    await house.open()
    await house.enter(Patron(tag, "9146"))
    await until(lambda: checked(house) == ["pass"])
    await house.server.stop()
    await until(lambda: not house.door.device.link.is_up, within=15)
    house.server.put("pass", None, house.server.subject(tag))
    await house.server.start(house.folder)
    await until(lambda: house.door.device.link.is_up, within=30)

    await house.enter(Patron(tag, "9146"))
    await until(house.refusals)

    assert checked(house) == ["pass"]


async def test_a_group_comes_in_at_its_own_hours_and_nobody_else_does(house: House) -> None:
    house.server.permit(BERTIL.card)
    house.server.put("listed", ListDocument(subjects=(house.server.subject(ANNA.card),)), "group:chess")
    always = GroupHours("chess", "Schackklubben", ((Window(0, 1440),),) * 7)
    await house.open(policy=Policy(minimum_age=16, group_hours=(always,)), schedule=NEVER)

    house.board.tap(BERTIL.card)
    await until(lambda: house.refusals() == [Reason.CLOSED])
    await house.enter(ANNA)
    await house.says(Reason.GRANTED)

    assert checked(house) == ["ils"]
