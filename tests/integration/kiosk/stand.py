"""A whole kiosk: its own process, a virtual board with pad and scanner, and a server over real TLS with a library."""

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx2
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hardware.virtual.board import Board
from meroppet.device.enrol import enrol
from meroppet.ils.fake import FakeIls
from meroppet.rules.eligibility import Policy
from meroppet.wire.changes import BranchDocument
from meroppet.wire.convert import facts_to_wire
from meroppet.wire.enrolment import DeviceKind
from meroppet.wire.ils import (
    IlsItemRequest,
    IlsLoanReply,
    IlsLoanRequest,
    IlsPatronReply,
    IlsPatronRequest,
    IlsReturnReply,
)
from meroppet.wire.sealing import unseal
from meroppet.wire.terms import PaperAnswerReply, PaperAnswerRequest, PapersReply, PapersRequest, WirePaper
from tests.fakes.kiosk_parts import NORA, SCHEDULE, library
from tests.fakes.server_double import PREFIX, ServerDouble

CARD, PIN = "2900100000017", "7305"


class LibraryServer(ServerDouble):
    """The server double with the register's kiosk routes over a small library."""

    def __init__(self) -> None:
        super().__init__()
        self.library = library()
        self.ils = FakeIls(self.library, "NORA")
        self.papers: list[WirePaper] = []
        self.answers: list[PaperAnswerRequest] = []
        self.keeps_answers = True

    def _app(self) -> Starlette:
        app = super()._app()
        asked = {"patron": self._patron, "checkout": self._checkout, "renew": self._renew, "checkin": self._checkin}
        for path, answer in asked.items():
            app.router.routes.append(Route(f"{PREFIX}/ils/{path}", self._signed(answer), methods=["POST"]))
        for path, answer in {"due": self._due, "answer": self._answered}.items():
            app.router.routes.append(Route(f"{PREFIX}/terms/{path}", self._signed(answer), methods=["POST"]))
        return app

    async def _due(self, request: Request, body: bytes) -> Response:
        asked = PapersRequest.model_validate_json(body)
        unseal(self.seal_key, asked.session, asked.sealed)
        return _json(PapersReply(papers=tuple(self.papers)))

    async def _answered(self, request: Request, body: bytes) -> Response:
        said = PaperAnswerRequest.model_validate_json(body)
        unseal(self.seal_key, said.session, said.sealed)
        if self.keeps_answers:
            self.answers.append(said)
        return _json(PaperAnswerReply(kept=self.keeps_answers))

    async def _patron(self, request: Request, body: bytes) -> Response:
        asked = IlsPatronRequest.model_validate_json(body)
        secret = unseal(self.seal_key, asked.session, asked.sealed)
        found = await self.ils.patron(secret["card"], secret["pin"])
        facts = facts_to_wire(found.facts) if found.facts else None
        return _json(IlsPatronReply(pin=found.pin, facts=facts, initial=(found.name or "")[:1], holds_ready=1))

    async def _checkout(self, request: Request, body: bytes) -> Response:
        return await self._loan(body, self.ils.checkout)

    async def _renew(self, request: Request, body: bytes) -> Response:
        return await self._loan(body, self.ils.renew)

    async def _loan(self, body: bytes, ask) -> Response:
        asked = IlsLoanRequest.model_validate_json(body)
        secret = unseal(self.seal_key, asked.session, asked.sealed)
        found = await ask(secret["card"], secret["pin"], asked.barcode)
        return _json(IlsLoanReply(ok=found.ok, reason=found.reason, title=found.title or "", due=found.due))

    async def _checkin(self, request: Request, body: bytes) -> Response:
        found = await self.ils.checkin(IlsItemRequest.model_validate_json(body).barcode)
        goes = str(found.destination or "shelf")
        return _json(IlsReturnReply(ok=found.ok, reason=found.reason, title=found.title or "", destination=goes))


class Stand:
    """Start what a test needs; `close` ends it all."""

    def __init__(self) -> None:
        # A socket's path has at most 107 bytes, so not beneath pytest's long folders.
        self.folder = Path(tempfile.mkdtemp(prefix="meroppet-kiosk-"))
        self.board = Board(self.folder / "board.sock")
        self.server = LibraryServer()
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: asyncio.subprocess.Process | None = None
        self.page = httpx2.AsyncClient(base_url=self.url)

    async def open(self) -> None:
        """Enrolled, up, and the branch on the screen."""
        await self.board.start()
        await self.server.start(self.folder)
        self.server.open_branch(Policy(minimum_age=16), SCHEDULE)
        self.server.put("branch", _nora())
        await enrol(self.server.invitation(), DeviceKind.KIOSK, self.folder / "state", "test")
        await self.start()
        await self.until_shown("Nora bibliotek")

    async def start(self) -> None:
        """The kiosk's process, as systemd would start it: ready when it says so."""
        told = self.folder / "notify.sock"
        told.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(told))
            ready.setblocking(False)
            self.process = await _kiosk("--config", str(self.write_config()), NOTIFY_SOCKET=str(told))
            async with asyncio.timeout(20):
                while b"READY=1" not in await asyncio.get_running_loop().sock_recv(ready, 1024):
                    pass

    def write_config(self, extra: str = "") -> Path:
        """The kiosk's settings file."""
        board = f'{{ driver = "virtual", socket = "{self.board.path}" }}'
        path = self.folder / "kiosk.toml"
        path.write_text(
            f'state_dir = "{self.folder / "state"}"\n'
            f"barcode_scanner = {board}\ntag_pad = {board}\n{extra}\n[listen]\nport = {self.port}\n"
        )
        return path

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            return await self.process.wait()

    async def close(self) -> None:
        await self.page.aclose()
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self.server.stop()
        await self.board.close()
        shutil.rmtree(self.folder)

    # What people do and see

    def borrower(self, barcode: str) -> str | None:
        """Who has an item, as the register knows it."""
        item = self.server.library.item(barcode)
        assert item is not None
        return item.borrower

    async def touch(self, intent: str, **form: str) -> None:
        answer = await self.page.post(f"/do/{intent}", data=form, headers={"HX-Request": "true"})
        assert answer.status_code == 204, answer.text

    async def type(self, digits: str) -> None:
        for digit in digits:
            await self.touch("key", key=digit)
        await self.touch("key", key="ok")

    async def text(self) -> str:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", (await self.page.get("/")).text))

    async def until_shown(self, words: str, within: float = 10.0) -> str:
        shown = ""

        async def shows() -> bool:
            nonlocal shown
            shown = await self.text()
            return words in shown

        try:
            async with asyncio.timeout(within):
                while not await shows():  # noqa: ASYNC110 (a screen in another process)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{words!r} is not on the screen: {shown}") from None
        return shown


async def run(*arguments: str) -> tuple[int, str]:
    """The command to its end: exit code and what it said."""
    process = await _kiosk(*arguments)
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def until(holds: Callable[[], bool], within: float = 10.0) -> None:
    """Until something is so."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 (another process does it)
            await asyncio.sleep(0.02)


async def _kiosk(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kiosk", *arguments, stderr=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )


def _nora() -> BranchDocument:
    return BranchDocument(
        id="b1",
        name=NORA.name,
        controller="m1",
        consortium=NORA.consortium,
        zone=NORA.zone,
        help_number=NORA.help_number,
        accent=NORA.theme,
    )


def _json(reply: BaseModel) -> Response:
    return Response(reply.model_dump_json(), media_type="application/json")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
