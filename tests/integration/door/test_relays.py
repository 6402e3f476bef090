"""Lights and other relays of a real door: by hours, by people, by fire and by what wants a person."""

import json

from meroppet.rules.relays import Group
from tests.fakes.server_double import STAFFED
from tests.integration.door.house import ANNA, POLICY, House, until


def wire(house: House, *groups: Group) -> None:
    board = {"driver": "virtual", "socket": str(house.board.path)}
    house.fitted["relays"] = {group.value: {**board, "name": group.value, "group": group.value} for group in groups}


def switched(house: House) -> list[bool]:
    return [json.loads(detail)["on"] for kind, detail in house.journal() if kind == "relay.switched"]


async def test_what_is_on_follows_the_branch(house: House) -> None:
    wire(house, Group.OPEN, Group.SELF_SERVICE, Group.LIGHTS)
    await house.open()
    await house.sees(lambda state: state.relays == {"open", "self_service", "lights"})

    house.server.open_branch(POLICY, STAFFED)

    await house.sees(lambda state: state.relays == {"open", "lights"})
    assert switched(house)


async def test_whoever_leaves_in_the_dark_has_light_and_a_fire_puts_none_out(house: House) -> None:
    wire(house, Group.LIGHTS)
    house.wire(fire="fire")
    await house.open()
    await house.sees(lambda state: state.relays == {"lights"})

    house.door.relays.put_out_lights()
    house.board.make("fire")
    house.board.press_exit()

    await until(lambda: "door.exit" in [kind for kind, _ in house.journal()])
    assert house.board.state().relays == {"lights"}


async def test_what_wants_a_person_is_shown_until_somebody_has_seen_it(house: House) -> None:
    wire(house, Group.ALARM)
    house.wire(tamper_box="tamper", reset_key="reset")
    await house.open()

    house.board.make("tamper")
    await house.sees(lambda state: state.relays == {"alarm"})
    house.board.press_reset()

    await house.sees(lambda state: not state.relays)


async def test_a_relay_that_was_gone_is_switched_when_it_is_back_and_told_then(house: House) -> None:
    wire(house, Group.OPEN)
    house.board.unplug("relay:open")
    await house.open()
    assert switched(house) == []

    house.board.plug("relay:open")

    await house.sees(lambda state: state.relays == {"open"})
    await until(lambda: switched(house)[-1:] == [True])


async def test_an_automatic_opener_pushes_the_leaf_of_whoever_is_let_in(house: House) -> None:
    house.wire_relays(opener="opener")
    await house.open()

    await house.enter(ANNA)

    await house.sees(lambda state: state.relays == {"opener"})
    await house.sees(lambda state: not state.relays)
