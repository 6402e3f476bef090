"""A peer that behaves as the recorded Koha did: how it reads lines, when it hangs up, and what it said."""

import asyncio
import re
from collections.abc import Callable

from meroppet.ils.profiles import KOHA
from meroppet.sip2.codec import decode, encode
from meroppet.sip2.messages import Checksum, RawMessage
from tests.golden.koha.recording import RECORDS, request, response, response_bytes

Choose = Callable[[RawMessage], str]


def by_message(**cases: str) -> Choose:
    """One recorded case for each message: `by_message(m63="patron-info/good/right-pin")`."""
    known = {"93": "login/ok", "99": "sc-status/v2"} | {code[1:]: case for code, case in cases.items()}
    return lambda asked: known[asked.code]


def pin_of(case: str) -> str:
    """The PIN that was sent in a case."""
    return request(case).first("AD") or ""


class RecordedKoha:
    """Answers each request with what is recorded for the case that `choose` names; hangs up and is silent likewise.

    Lines end with CR only, are trimmed at both ends as Koha trims them, and are answered with a checksum exactly when
    they had one.
    """

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.raw: list[bytes] = []
        self.heard: list[RawMessage] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def codes(self) -> list[str]:
        """What was asked, in order."""
        return [asked.code for asked in self.heard]

    async def __aenter__(self) -> "RecordedKoha":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        for writer in self._writers:
            writer.transport.abort()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_first = True
        while True:
            line = (await reader.readuntil(b"\r")).rstrip(b"\r")
            self.raw.append(line)
            read = re.sub(rb"^[^A-z0-9]+|[^A-z0-9]+$", b"", line)
            if not read or (is_first and not read.startswith(b"93")):
                return
            is_first = False
            self.heard.append(asked := decode(read, KOHA.wire.coding))
            if not await self._answer(asked, writer):
                return

    async def _answer(self, asked: RawMessage, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stands afterwards."""
        case = self.choose(asked)
        if RECORDS[case].get("closed"):
            return False
        if not RECORDS[case].get("timeout"):
            writer.write(self._said(case, asked))
            await writer.drain()
        return not response_bytes(case).startswith(b"940")

    def _said(self, case: str, asked: RawMessage) -> bytes:
        if asked.checksum is not Checksum.VALID or response(case).code == "96":
            return response_bytes(case)
        return encode(response(case), KOHA.wire.coding, sequence=asked.sequence)

    def say(self, case: str) -> None:
        """Send an answer nobody waits for any more, to everybody."""
        for writer in self._writers:
            if not writer.is_closing():
                writer.write(response_bytes(case))
