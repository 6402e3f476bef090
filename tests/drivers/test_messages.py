"""A messenger's program is told one line of JSON, and whether it took it is known in time."""

import json
import sys
import time
from pathlib import Path

import pytest

from hardware.errors import Lost
from hardware.messages.program import ProgramMessenger, ProgramOptions
from hardware.virtual.announcing import VirtualMessenger
from hardware.virtual.board import Board
from hardware.virtual.drivers import BoardOptions

SAVES = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
MESSAGE: dict[str, str | int] = {
    "step": "announce",
    "minutes": 15,
    "closes": "2026-11-23T21:00:00+00:00",
    "branch": "Skiljebo",
}


async def test_the_program_is_told_in_one_line(tmp_path: Path) -> None:
    told = tmp_path / "told"
    messenger = ProgramMessenger(ProgramOptions(command=(sys.executable, "-c", SAVES, str(told)), within_seconds=60))

    await messenger.check()
    assert await messenger.tell(MESSAGE)

    assert told.read_text().count("\n") == 1
    assert json.loads(told.read_text()) == MESSAGE
    await messenger.close()


async def test_a_program_that_fails_or_is_gone_is_a_no() -> None:
    assert not await ProgramMessenger(ProgramOptions(command=("false",))).tell(MESSAGE)
    gone = ProgramMessenger(ProgramOptions(command=("no-such-program",)))
    assert not await gone.tell(MESSAGE)
    with pytest.raises(Lost, match="no-such-program"):
        await gone.check()


async def test_a_program_that_hangs_is_ended_and_is_a_no() -> None:
    began = time.monotonic()

    assert not await ProgramMessenger(ProgramOptions(command=("sleep", "600"), within_seconds=0.2)).tell(MESSAGE)

    assert time.monotonic() - began < 60


async def test_what_is_told_stands_on_the_virtual_board(tmp_path: Path) -> None:
    async with Board(tmp_path / "board.sock") as board:
        messenger = VirtualMessenger(BoardOptions(socket=board.path))
        await messenger.check()

        assert await messenger.tell(MESSAGE)

        assert board.state().told == tuple(sorted((key, str(value)) for key, value in MESSAGE.items()))
        await messenger.close()
