"""After a visit through the real processes nobody's PIN, number or name lies in a log, a database or a temporary file.

Canaries: a wrong PIN, a personnummer typed at the door, and the demo's people with their names, cards and PINs.
"""

import os
from pathlib import Path

import pytest

from demo import folder, ports
from demo.check import EVENING, OTHER, PERMITTED
from demo.consortia import CHOICES, place
from demo.doorstep import admits
from demo.house import House
from demo.people import PEOPLE, number_at
from demo.visit import Visitor, person, require
from hardware.ports import Colour
from meroppet.texts import DoorLine, door_text
from tests.integration.door.thief import Thief

WRONG_PIN, PERSONNUMMER = "9146", "199001011239"
BRANCH = "nora"
BRANCH_WORD = "access.granted"
"""Where a number may be typed."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where every process of the demo puts its temporary files."""
    made = tmp_path / "tmp"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    return made


async def _type_a_number(visitor: Visitor) -> None:
    await visitor.board("a door at rest", lambda board: board.colour is Colour.BLUE, within=15.0)
    visitor.remember()
    for digit in PERSONNUMMER:
        require(visitor.house.board.press(digit), "there is no keypad")
    asks = door_text(DoorLine.ASK_PIN, "sv").title
    await visitor.board("a question for the PIN", lambda board: board.display[:1] == (asks,), within=8.0)
    for digit in WRONG_PIN:
        require(visitor.house.board.press(digit), "there is no keypad")
    await visitor.row("access.refused", within=8.0)


async def _visit(visitor: Visitor) -> None:
    house, astrid = visitor.house, person(PERMITTED)
    await visitor.show(astrid, astrid.pin)
    await visitor.row("access.granted", within=8.0)
    await visitor.show(person(OTHER), WRONG_PIN)
    await visitor.row("access.refused", within=8.0)
    await _type_a_number(visitor)
    await visitor.log_in(astrid)
    await visitor.touch("finish")
    require(await house.until_door(lambda door: admits(door) and door["unsent"] == 0, 15.0), "the door keeps its rows")


async def test_no_canary_is_anywhere_after_a_visit(tmp_path: Path, temporary: Path) -> None:
    where = place(CHOICES[BRANCH])
    with folder.opened(tmp_path / "demo", fresh=True) as opened:
        house = House(where, ports.free(), opened, lambda *_: None)
        house.clock.turn_to(EVENING)
        async with house, Visitor(house) as visitor:
            await _visit(visitor)
        thief = Thief(tmp_path, "", (), (), frozenset())
        names = [one.name for one in PEOPLE]
        numbers = [number_at(one, where.branch) for one in PEOPLE]
        secrets = [*names, *numbers, PERSONNUMMER, WRONG_PIN, *(one.pin for one in PEOPLE)]
        assert thief.standing_alone(secrets) == set()
        assert thief.standing_alone([BRANCH_WORD]) == {BRANCH_WORD}, "it looks where nothing is written"
        assert os.environ["TMPDIR"] == str(temporary)
