"""Debian's stunnel4 in the foreground, on a port of its own choosing."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_BOUND = re.compile(rb"bound to 127\.0\.0\.1:(\d+)")


@asynccontextmanager
async def register_side(folder: Path, pem: Path, connect: int) -> AsyncIterator[int]:
    """TLS in, plain text out: what stands before a register. Yields its port."""
    async with _stunnel(folder / "register.conf", f"connect = 127.0.0.1:{connect}\ncert = {pem}\nkey = {pem}") as port:
        yield port


@asynccontextmanager
async def client_side(folder: Path, pem: Path, connect: int) -> AsyncIterator[int]:
    """Plain text in, TLS out, the certificate verified: what stands beside a client. Yields its port."""
    service = f"client = yes\nconnect = 127.0.0.1:{connect}\nCAfile = {pem}\nverifyPeer = yes"
    async with _stunnel(folder / "client.conf", service) as port:
        yield port


@asynccontextmanager
async def _stunnel(file: Path, service: str) -> AsyncIterator[int]:
    _configure(file, service)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "stunnel4", str(file), stderr=pipe, stdout=asyncio.subprocess.DEVNULL
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(20):
            port = await _port(process.stderr)
        drained = asyncio.create_task(_drain(process.stderr))
        yield port
        drained.cancel()
    finally:
        process.terminate()
        await process.wait()


def _configure(file: Path, service: str) -> None:
    head = "foreground = yes\npid =\ndebug = info\n[sip2]\naccept = 127.0.0.1:0\n"
    file.write_text(f"{head}{service}\n", encoding="ascii")


async def _port(log: asyncio.StreamReader) -> int:
    said = b""
    while line := await log.readline():
        said += line
        if found := _BOUND.search(line):
            return int(found[1])
    raise AssertionError(said.decode(errors="replace"))


async def _drain(log: asyncio.StreamReader) -> None:
    while await log.read(4096):
        pass
