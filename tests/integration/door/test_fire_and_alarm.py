"""Fire and intruder alarm around a real lock: nobody is let in while it is armed, and everybody always gets out."""

import json

from meroppet.rules.door_vocabulary import Alarm
from meroppet.rules.eligibility import Policy, StaffedDoor
from meroppet.rules.reasons import Reason
from tests.fakes.server_double import ALWAYS, STAFFED
from tests.integration.door.house import ANNA, House, until

FREE = Policy(minimum_age=16, staffed_door=StaffedDoor.FREE)


def kinds(house: House) -> list[str]:
    return [kind for kind, _ in house.journal()]


async def test_a_fire_is_told_once_and_stands_until_a_person_resets_it(house: House) -> None:
    house.wire(fire="fire", reset_key="reset")
    await house.open()

    house.board.make("fire")
    house.board.unmake("fire")
    house.board.make("fire")
    await until(lambda: "fire.began" in house.server.kinds())
    house.board.unmake("fire")
    await until(lambda: "fire.ended" in kinds(house))
    assert house.door.strike.door.burning

    house.board.press_reset()

    await until(lambda: "fire.reset" in kinds(house))
    assert not house.door.strike.door.burning
    assert kinds(house).count("fire.began") == 1


async def test_a_fire_nobody_has_reset_stands_after_a_restart_and_a_reconnection(house: House) -> None:
    house.wire(fire="fire", reset_key="reset")
    await house.open()
    house.board.make("fire")
    await until(lambda: house.door.strike.door.burning)
    house.board.unplug("fire")
    house.board.plug("fire")
    house.board.unmake("fire")
    await until(lambda: "fire.ended" in kinds(house))

    await house.stop_door()
    await house.start_door()

    assert house.door.strike.door.burning
    await until(lambda: "fire" not in house.door.listening.lost)
    assert house.door.strike.door.burning
    house.board.press_reset()
    await until(lambda: not house.door.strike.door.burning)
    await house.stop_door()
    await house.start_door()
    assert not house.door.strike.door.burning


async def test_a_fire_ends_what_stood_free_and_releases_nothing_unless_it_is_to(house: House) -> None:
    house.wire(fire="fire")
    await house.open(policy=FREE, schedule=STAFFED)
    await house.sees(lambda state: not state.locked)

    house.board.make("fire")

    await house.sees(lambda state: state.locked)
    assert house.board.push_door("inside")


async def test_a_fire_releases_the_lock_where_the_installer_wants_it_until_the_reset(house: House) -> None:
    house.wire(fire="fire", reset_key="reset")
    house.fitted["lock"] = {"fire_releases": True}
    await house.open()

    house.board.make("fire")
    await house.sees(lambda state: not state.locked, within=2)
    house.board.unmake("fire")
    house.board.press_reset()

    await house.sees(lambda state: state.locked)


async def test_nobody_is_let_in_while_the_alarm_is_armed_and_everybody_gets_out(house: House) -> None:
    house.wire(alarm_armed="armed")
    house.board.make("armed")
    await house.open()
    await until(lambda: house.door.strike.door.armed)

    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == [Reason.ALARM_ARMED.value])
    assert house.board.releases == 0

    house.board.press_exit()
    await house.sees(lambda state: not state.locked, within=2)


async def test_a_door_that_stands_free_locks_as_the_alarm_is_armed(house: House) -> None:
    house.wire(alarm_armed="armed")
    await house.open(policy=FREE, schedule=STAFFED)
    await house.sees(lambda state: not state.locked)

    house.board.make("armed")
    await house.sees(lambda state: state.locked)
    house.board.unmake("armed")

    await house.sees(lambda state: not state.locked)
    await until(lambda: {"alarm.armed", "alarm.disarmed"} <= set(kinds(house)))


async def test_an_alarm_that_does_not_answer_is_taken_as_armed(house: House) -> None:
    house.wire(alarm_armed="armed")
    await house.open(schedule=ALWAYS)
    await until(lambda: house.door.strike.door.armed is False)

    house.board.unplug("armed")
    await until(lambda: house.door.strike.door.armed is None)
    house.board.tap(ANNA.card)
    await until(lambda: house.refusals() == [Reason.ALARM_ARMED.value])

    house.board.plug("armed")
    await until(lambda: house.door.strike.door.armed is False)
    await house.enter(ANNA)
    await house.sees(lambda state: not state.locked)


async def test_covers_intruders_and_passing_people_are_told(house: House) -> None:
    house.wire(tamper_box="tamper", tamper_reader="reader_tamper", alarm_triggered="intrusion")
    house.wire(people_in="passage_in", people_out="passage_out")
    await house.open()
    watched = {"tamper", "reader_tamper", "intrusion", "passage_in", "passage_out"}
    await until(lambda: watched <= house.board.attached())

    house.board.make("tamper")
    house.board.make("reader_tamper")
    house.board.unmake("tamper")
    house.board.make("intrusion")
    house.board.walk("in")
    house.board.walk("out")

    told = {"door.tampered", "door.tamper_ended", "alarm.intrusion", "passage.counted"}
    await until(lambda: told <= set(house.server.kinds()))
    parts = [json.loads(detail)["part"] for kind, detail in house.journal() if kind == "door.tampered"]
    walked = [json.loads(detail)["direction"] for kind, detail in house.journal() if kind == "passage.counted"]
    assert (sorted(parts), sorted(walked)) == (["box", "reader"], ["in", "out"])


async def test_an_alarm_is_remembered_over_a_restart_until_somebody_has_seen_it(house: House) -> None:
    house.wire(tamper_box="tamper", reset_key="reset")
    await house.open()
    house.board.make("tamper")
    await until(lambda: house.door.alarms.wanting == (Alarm.TAMPER,))
    house.board.unmake("tamper")
    await until(lambda: "door.tamper_ended" in kinds(house))

    await house.stop_door()
    await house.start_door()
    assert house.door.alarms.wanting == (Alarm.TAMPER,)
    await until(lambda: "reset" in house.board.attached())
    house.board.press_reset()

    await until(lambda: {"alarm.acknowledged", "alarm.cleared"} <= set(kinds(house)))
    assert kinds(house).count("alarm.raised") == 1
    assert house.door.alarms.wanting == ()


async def test_the_server_hears_who_is_inside_by_the_counter_what_wants_a_person_and_that_it_is_armed(
    house: House,
) -> None:
    house.wire(people_in="passage_in", people_out="passage_out", tamper_box="tamper", alarm_armed="armed")
    await house.open()
    await until(lambda: {"passage_in", "passage_out", "tamper", "armed"} <= house.board.attached())

    for _ in range(3):
        house.board.walk("in")
    house.board.walk("out")
    house.board.make("tamper")
    house.board.make("armed")
    await until(lambda: kinds(house).count("passage.counted") == 4)
    await until(lambda: house.door.alarms.wanting and house.door.strike.door.armed)

    being = await house.door.wellbeing()
    assert (being.inside, being.alarms, being.armed) == (2, ("tamper",), True)
