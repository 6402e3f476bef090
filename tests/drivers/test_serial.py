"""What only a serial scanner can do wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.errors import Lost
from hardware.ports import BarcodeScanned
from hardware.serial.driver import PAUSE, SerialBarcodeScanner
from tests.drivers.rigs import Listener, SerialRig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[SerialRig]:
    rig = SerialRig()
    await rig.start(tmp_path)
    yield rig
    await rig.driver.close()
    await rig.stop()


async def test_a_scan_of_10_kb_arrives_cut_and_marked_and_the_next_one_whole(rig: SerialRig) -> None:
    listener = Listener(rig.driver)
    await listener.next()

    # A pseudo-terminal holds 4 kB, so that the scan arrives in pieces as it does from a line.
    for _ in range(10):
        rig.say(b"9" * 1000)
    rig.say(b"\r3977\r")

    scan = await listener.next()
    assert scan == BarcodeScanned("9" * 1024, complete=False)
    assert await listener.next() == BarcodeScanned("3977")


async def test_control_characters_reach_the_one_who_judges_them(rig: SerialRig) -> None:
    listener = Listener(rig.driver)
    await listener.next()

    rig.say(b"\x02\x1b[2J39\x00|77\xff\x03\r")

    assert await listener.next() == BarcodeScanned("\x02\x1b[2J39\x00|77�\x03")


async def test_half_a_scan_is_dropped_when_the_scanner_falls_silent(rig: SerialRig) -> None:
    listener = Listener(rig.driver)
    await listener.next()

    rig.say(b"39770")
    assert await listener.quiet(PAUSE * 2)
    rig.say(b"12345\r\n")

    assert await listener.next() == BarcodeScanned("12345")


async def test_a_port_that_another_program_reads_is_lost_not_shared(rig: SerialRig) -> None:
    listener = Listener(rig.driver)
    await listener.next()

    other = SerialBarcodeScanner(SerialBarcodeScanner.Options(device=str(rig.link)))

    with pytest.raises(Lost, match="lock"):
        await other.check()
