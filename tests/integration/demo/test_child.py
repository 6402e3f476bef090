"""Child processes: ready when they say so, dead with a sentence, stopped in order."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from demo.child import Child
from demo.errors import ChildDied

READY = """
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ["NOTIFY_SOCKET"]); s.send(b"READY=1")
"""


def child(folder: Path, program: str) -> Child:
    return Child("door", [sys.executable, "-c", program], sockets=folder, log=folder / "door.log", now=time.monotonic)


async def test_a_process_is_ready_when_it_says_so_and_stops_when_told(tmp_path: Path) -> None:
    door = child(tmp_path, READY + "time.sleep(60)")
    deaths: list[str] = []

    await door.start(deaths.append)
    assert door.pid is not None
    assert door.ready_after is not None
    await door.stop()

    assert door.pid is None
    assert deaths == []


async def test_a_process_that_ends_before_it_is_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    door = child(tmp_path, "import sys; sys.exit('door: the board is not there')")

    with pytest.raises(ChildDied, match=r"door ended by itself \(exit code 1\): door: the board is not there"):
        await door.start(lambda _: None)


async def test_a_process_that_dies_later_is_told(tmp_path: Path) -> None:
    door = child(tmp_path, READY + "time.sleep(0.1); os._exit(7)")
    died: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    await door.start(died.set_result)

    assert "exit code 7" in await asyncio.wait_for(died, 5)


async def test_a_killed_process_can_be_started_again(tmp_path: Path) -> None:
    door = child(tmp_path, READY + "time.sleep(60)")
    deaths: list[str] = []
    await door.start(deaths.append)
    first = door.pid

    await door.kill()
    await door.start(deaths.append)

    assert door.pid not in {None, first}
    assert deaths == []
    await door.stop()
