"""A cable that is cut says nothing: the device finds out within ten seconds, and its server hangs up on it."""

import asyncio
import gc
import socket
from pathlib import Path

from demo.cable import Cable
from meroppet.device.channel import SILENT_FOR
from meroppet.device.sync import DOUBT_WITHIN
from meroppet.rules.branch import ClockTrust
from meroppet.runtime.clock import SystemClock
from server.devices.parts import PULSE_SECONDS
from server.patience import DEVICE_SILENT_MS

from .region import listening, region, running, until

FOUND_WITHIN = 10.0


def test_both_sides_find_out_within_ten_seconds_by_their_own_rules() -> None:
    assert PULSE_SECONDS * SILENT_FOR + DOUBT_WITHIN < FOUND_WITHIN
    assert PULSE_SECONDS + DEVICE_SILENT_MS / 1000 + DOUBT_WITHIN <= FOUND_WITHIN


async def test_a_silent_cut_is_found_within_ten_seconds_and_mended_without_a_word(tmp_path: Path) -> None:
    clock, loop = SystemClock(ClockTrust.NTP), asyncio.get_running_loop()
    async with region(tmp_path, clock) as made, listening(made):
        here = _free_port()
        made.url = f"https://localhost:{here}"
        async with Cable(here, made.port) as cable:
            door = await made.door("door")
            async with running(door):
                await until(lambda: door.link.is_up and door.sync.heard_at is not None)
                # The stream stands, too.
                await asyncio.sleep(1.0)

                cable.cut()
                cut_at = loop.time()
                await until(lambda: not door.link.is_up)
                found_after = loop.time() - cut_at
                cable.mend()

                await until(lambda: door.link.is_up, within=60)

    # A loop that is kept from its work by other tests may be a little late.
    assert found_after < FOUND_WITHIN + 3.0


async def test_the_server_hangs_up_on_a_peer_that_acknowledges_nothing(tmp_path: Path) -> None:
    async with region(tmp_path, SystemClock(ClockTrust.NTP)) as made, listening(made):
        door = await made.door("door")
        async with running(door):
            await until(lambda: door.link.is_up)
            limits = [found for found in _user_timeouts(made.port) if found]

    assert limits
    assert set(limits) == {DEVICE_SILENT_MS}


def _user_timeouts(port: int) -> list[int]:
    """TCP_USER_TIMEOUT of every accepted connection on a port of this process."""
    found = []
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket) and thing.fileno() >= 0 and thing.family is socket.AF_INET:
            try:
                is_ours = thing.getsockname()[1] == port and thing.getpeername()
            except OSError:
                continue
            if is_ours:
                found.append(thing.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
