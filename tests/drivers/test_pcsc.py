"""What only a reader behind pcscd can do: other kinds of card, one without a number, one that lies there already."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.errors import Lost
from hardware.pcsc.driver import PcscCardReader
from hardware.ports import CardFormat, CardPresented, ReaderFound
from tests.drivers.rigs import Listener, PcscRig
from tests.fakes.vicc import VirtualCard


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[PcscRig]:
    rig = PcscRig()
    await rig.start(tmp_path)
    yield rig
    await rig.driver.close()
    await rig.stop()


async def test_a_vicinity_tag_is_told_with_e0_first_whichever_end_the_reader_gives(rig: PcscRig) -> None:
    listener = Listener(rig.driver)
    await listener.next()

    tag = await asyncio.to_thread(VirtualCard, bytes.fromhex("0102030405060 4E0".replace(" ", "")), standard=0x0B)

    assert await listener.next() == CardPresented(bytes.fromhex("E004060504030201"), CardFormat.ISO15693)
    await asyncio.to_thread(tag.close)


async def test_what_is_written_on_a_vicinity_tag_is_told_where_it_is_asked_for(rig: PcscRig) -> None:
    driver = PcscCardReader(PcscCardReader.Options(tag_memory=True))
    listener = Listener(driver)
    await listener.next()
    memory, number = bytes(range(40)), bytes.fromhex("E004060504030201")

    tag = await asyncio.to_thread(VirtualCard, number, standard=0x0B, memory=memory)
    assert await listener.next() == CardPresented(memory[:36], CardFormat.TAG_MEMORY)
    await asyncio.to_thread(tag.close)
    await asyncio.sleep(0.5)

    small = await asyncio.to_thread(VirtualCard, number, standard=0x0B, memory=memory[:20])
    assert await listener.next() == CardPresented(number, CardFormat.ISO15693)
    await asyncio.to_thread(small.close)
    await driver.close()


async def test_a_card_that_lies_there_at_the_start_is_told(rig: PcscRig) -> None:
    await rig.act()
    await asyncio.sleep(0.5)
    listener = Listener(rig.driver)

    assert isinstance(await listener.next(), ReaderFound)
    assert isinstance(await listener.next(), CardPresented)
    assert await listener.quiet(1.2), "told once, however long it lies there"


async def test_a_card_without_a_number_is_no_card_and_the_next_is_read(rig: PcscRig) -> None:
    listener = Listener(rig.driver)
    await listener.next()

    mute = await asyncio.to_thread(VirtualCard, b"")
    assert await listener.quiet(0.8)
    await asyncio.to_thread(mute.close)
    await asyncio.sleep(0.5)

    done = await rig.act()
    assert await listener.next() == done


async def test_a_reader_of_another_name_is_not_there(rig: PcscRig) -> None:
    with pytest.raises(Lost, match="no card reader named 'HID'"):
        await PcscCardReader(PcscCardReader.Options(reader="HID")).check()
