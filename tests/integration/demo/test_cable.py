"""The cable between devices and server: whole, cut, mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from demo import ports
from demo.cable import Cable


@pytest.fixture
async def cable() -> AsyncIterator[tuple[Cable, int]]:
    free = ports.free()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1024):
                writer.write(data)
        writer.transport.abort()

    server = await asyncio.start_server(echo, ports.HOST, free.devices)
    async with server, Cable(free.cable, free.devices) as whole:
        yield whole, free.cable
    # Aborted transports let go of their sockets a turn of the loop later.
    await asyncio.sleep(0.01)


SILENT = 0.3
"""So long nothing must come where nothing can; what does come may take its time."""


async def said_back(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes, *, within: float = 20.0
) -> bytes:
    writer.write(words)
    async with asyncio.timeout(within):
        return await reader.readexactly(len(words))


async def test_what_is_sent_comes_through_a_whole_cable(cable: tuple[Cable, int]) -> None:
    _, port = cable
    reader, writer = await asyncio.open_connection(ports.HOST, port)

    assert await said_back(reader, writer, b"words") == b"words"
    writer.transport.abort()


async def test_a_cut_cable_is_silent_for_old_and_new_connections(cable: tuple[Cable, int]) -> None:
    wire, port = cable
    old = await asyncio.open_connection(ports.HOST, port)
    assert await said_back(*old, b"before") == b"before"

    wire.cut()
    new = await asyncio.open_connection(ports.HOST, port)

    for connection in (old, new):
        with pytest.raises(TimeoutError):
            await said_back(*connection, b"lost", within=SILENT)
        connection[1].transport.abort()


async def test_a_mended_cable_drops_the_old_connections_and_carries_new_ones(cable: tuple[Cable, int]) -> None:
    wire, port = cable
    old_reader, old_writer = await asyncio.open_connection(ports.HOST, port)
    assert await said_back(old_reader, old_writer, b"before") == b"before"
    wire.cut()

    wire.mend()

    async with asyncio.timeout(20):
        assert await old_reader.read(1) == b""
    reader, writer = await asyncio.open_connection(ports.HOST, port)
    assert await said_back(reader, writer, b"after") == b"after"
    old_writer.transport.abort()
    writer.transport.abort()
