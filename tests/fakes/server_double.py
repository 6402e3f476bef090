"""A small central server over real TLS: it checks signatures, remembers what it was told, and fails when asked to."""

import asyncio
import base64
import json
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import Policy
from meroppet.rules.intervals import Interval
from meroppet.rules.pin import PinAnswer
from meroppet.rules.schedule import Schedule
from meroppet.wire.changes import (
    BranchDocument,
    ChangesReply,
    RightDocument,
    Tombstone,
    Upsert,
    write_snapshot,
)
from meroppet.wire.commands import Order
from meroppet.wire.convert import policy_to_wire
from meroppet.wire.digests import subject_digest
from meroppet.wire.enrolment import (
    BootReply,
    DeviceKind,
    EnrolReply,
    EnrolRequest,
    Invitation,
    fingerprint,
    key_text,
)
from meroppet.wire.health import HealthReply, HealthRequest
from meroppet.wire.journal import JournalReply, JournalRequest, Row
from meroppet.wire.problems import MEDIA_TYPE, Problem, ProblemCode
from meroppet.wire.schedule_convert import pattern_to_wire
from meroppet.wire.sealing import unseal
from meroppet.wire.signing import BOOT_HEADER, DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER, signed_bytes
from meroppet.wire.verify import VerifyReply, VerifyRequest, WireFacts
from server.certificates import issue, new_authority

ALWAYS = Schedule("Europe/Stockholm", tuple((Interval(0, 1440, BranchState.SELF_SERVICE),) for _ in range(7)))
NEVER = Schedule("Europe/Stockholm", tuple(() for _ in range(7)))
STAFFED = Schedule("Europe/Stockholm", tuple((Interval(0, 1440, BranchState.STAFFED),) for _ in range(7)))
HELP = "0771-00 00 00"
PREFIX = "/api/device/v1"


@dataclass(frozen=True)
class Patron:
    """Someone the register knows."""

    card: str
    pin: str
    facts: WireFacts = field(default_factory=lambda: WireFacts(valid=True, birth_date=date(1980, 5, 1)))


Answer = Callable[[Request, bytes], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Response]]


class ServerDouble:
    """One branch, one register. Change its fields to change the world."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.authority = new_authority(now)
        self.certificate = issue(self.authority, ["127.0.0.1"], now)
        self.seal_key = X25519PrivateKey.generate()
        self.digest_key, self.pin_key = secrets.token_bytes(32), secrets.token_bytes(32)
        self.token = base64.b32encode(secrets.token_bytes(17)).decode()[:26]
        self.public_key: Ed25519PublicKey | None = None
        self.boot, self.seen = "", set[int]()
        self.patrons: dict[str, Patron] = {}
        self.change = 0
        self.documents: dict[tuple[str, str], tuple[int, object]] = {}
        self.rows: dict[tuple[str, int], Row] = {}
        self.received = 0
        self.asked: list[dict[str, str]] = []
        self.register = "ok"
        self.contradicts = False
        self.drop_answers = 0
        self.revoked = False
        self.health: list[HealthRequest] = []
        self.orders: list[Order] = []
        self.claimed_ahead = 0
        self.strange_kind = ""
        """A kind of change that no device knows yet, said on every page."""
        self.strange_snapshot = False
        self.time_off = 0.0
        self._news = asyncio.Event()
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = _free_port()

    # What tests do

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def invitation(self) -> str:
        return Invitation(self.url, self.token, fingerprint(self.authority.der)).text()

    def subject(self, card: str) -> str:
        return subject_digest(self.digest_key, card)

    def put(self, kind: str, value: BaseModel | None, key: str = "-") -> None:
        self.change += 1
        self.documents[kind, key] = (self.change, None if value is None else value.model_dump(mode="json"))
        self.wake()

    def open_branch(self, policy: Policy, schedule: Schedule) -> None:
        branch = BranchDocument(
            id="b1",
            name="Provbiblioteket",
            controller="m1",
            consortium="c1",
            zone="Europe/Stockholm",
            help_number=HELP,
        )
        self.put("branch", branch)
        self.put("policy", policy_to_wire(policy))
        self.put("schedule", pattern_to_wire(schedule))

    def permit(self, card: str, **right: object) -> None:
        self.put("right", RightDocument.model_validate({"permitted": True, **right}), self.subject(card))

    def wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def order(self, order: Order) -> None:
        self.orders.append(order)
        self.wake()

    def kinds(self) -> list[str]:
        return [self.rows[key].kind for key in sorted(self.rows, key=lambda key: key[1])]

    def reasons(self) -> list[object]:
        rows = (self.rows[key] for key in sorted(self.rows, key=lambda key: key[1]))
        return [row.detail["reason"] for row in rows if row.kind == "access.refused"]

    # Running

    async def start(self, folder: Path) -> None:
        certificate, key = folder / "double.pem", folder / "double.key"
        certificate.write_bytes(self.certificate[0])
        key.write_bytes(self.certificate[1])
        config = uvicorn.Config(
            self._app(),
            host="127.0.0.1",
            port=self.port,
            ssl_certfile=certificate,
            ssl_keyfile=str(key),
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=0,
        )
        config.load()
        assert isinstance(config.ssl, ssl.SSLContext)
        self._server = uvicorn.Server(config)
        # The signal handlers are the test's, not the double's.
        self._serving = asyncio.create_task(self._server._serve())
        while not self._server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        if self._server is None or self._serving is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        self.wake()
        # The door first: a device that lost its connection is back at once, and would be served after the end.
        for listening in self._server.servers:
            listening.close()
        self._hang_up(self._server)
        await self._serving
        self._hang_up(self._server)
        self._server = self._serving = None

    @staticmethod
    def _hang_up(server: uvicorn.Server) -> None:
        for connection in list(server.server_state.connections):
            connection.transport.abort()

    def _app(self) -> Starlette:
        posts = {
            "/boot": self._boot,
            "/verify": self._verify,
            "/journal": self._journal,
            "/health": self._health,
        }
        gets = {"/changes": self._changes, "/snapshot": self._snapshot, "/stream": self._stream}
        routes = [Route(f"{PREFIX}/ca", self._ca), Route(f"{PREFIX}/enrol", self._enrol, methods=["POST"])]
        routes += [Route(PREFIX + path, self._signed(answer), methods=["POST"]) for path, answer in posts.items()]
        routes += [Route(PREFIX + path, self._signed(answer)) for path, answer in gets.items()]
        return Starlette(routes=routes)

    # Answers

    async def _ca(self, request: Request) -> Response:
        return Response(self.authority.pem, media_type="application/x-pem-file")

    async def _enrol(self, request: Request) -> Response:
        asked = EnrolRequest.model_validate_json(await request.body())
        if asked.token != self.token:
            return _problem(ProblemCode.CODE_SPENT, 403)
        self.token = ""
        self.public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(asked.public_key))
        seal_key = key_text(self.seal_key.public_key().public_bytes_raw())
        return _json(
            EnrolReply(device="d1", kind=DeviceKind(asked.kind), name="Huvudentrén", branch="b1", seal_key=seal_key)
        )

    def _signed(self, answer: Answer) -> Handler:
        async def checked(request: Request) -> Response:
            body = await request.body()
            code = self._against(request, body)
            if code is not None:
                return _problem(code, 401)
            return await answer(request, body)

        return checked

    def _against(self, request: Request, body: bytes) -> ProblemCode | None:
        boot, sequence = request.headers[BOOT_HEADER], int(request.headers[SEQUENCE_HEADER])
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        text = signed_bytes(
            method=request.method,
            target=target,
            body=body,
            device=request.headers[DEVICE_HEADER],
            boot=boot,
            sequence=sequence,
        )
        if self.revoked or self.public_key is None:
            return ProblemCode.REVOKED
        try:
            self.public_key.verify(base64.b64decode(request.headers[SIGNATURE_HEADER]), text)
        except InvalidSignature:
            return ProblemCode.BAD_SIGNATURE
        if request.url.path.endswith("/boot") and sequence == 0:
            self.boot, self.seen = boot, {0}
            return None
        if not boot or boot != self.boot:
            return ProblemCode.UNKNOWN_BOOT
        if sequence in self.seen:
            return ProblemCode.REPLAYED
        self.seen.add(sequence)
        return None

    async def _boot(self, request: Request, body: bytes) -> Response:
        return _json(
            BootReply(
                digest_key=key_text(self.digest_key),
                pin_key=key_text(self.pin_key),
                seal_key=key_text(self.seal_key.public_key().public_bytes_raw()),
                now=self._now(),
                heartbeat_seconds=1,
                pulse_seconds=1,
                poll_seconds=30,
            )
        )

    def _now(self) -> str:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.time_off, UTC).isoformat()

    async def _verify(self, request: Request, body: bytes) -> Response:
        asked = VerifyRequest.model_validate_json(body)
        secret = unseal(self.seal_key, asked.attempt, asked.sealed)
        self.asked.append(secret)
        if self.register == "silent":
            await asyncio.sleep(2.0)
        return _json(self._verdict(secret))

    def _verdict(self, secret: dict[str, str]) -> VerifyReply:
        unknown = VerifyReply(pin=PinAnswer.UNKNOWN, as_of=datetime.now(UTC), change=self.change + self.claimed_ahead)
        if self.register != "ok":
            return unknown.model_copy(update={"pin": PinAnswer.UNAVAILABLE})
        if self.contradicts:
            return unknown.model_copy(update={"pin": PinAnswer.RIGHT, "contradiction": True})
        patron = self.patrons.get(secret["card"])
        if patron is None:
            return unknown
        pin = PinAnswer.RIGHT if secret["pin"] == patron.pin else PinAnswer.WRONG
        return unknown.model_copy(update={"pin": pin, "facts": patron.facts, "subject": self.subject(patron.card)})

    async def _journal(self, request: Request, body: bytes) -> Response:
        asked = JournalRequest.model_validate_json(body)
        for row in asked.rows:
            self.received += 1
            known = self.rows.setdefault((asked.epoch, row.seq), row)
            assert known == row, "a row's number was used for another event"
        if self.drop_answers > 0:
            self.drop_answers -= 1
            return Response(status_code=502)
        numbers = sorted(seq for epoch, seq in self.rows if epoch == asked.epoch)
        through = next((low for low, high in pairwise(numbers) if high != low + 1), numbers[-1])
        return _json(JournalReply(acked_through=through))

    async def _changes(self, request: Request, body: bytes) -> Response:
        after = int(request.query_params["after"])
        newer = [(key, value) for key, (number, value) in self.documents.items() if number > after]
        upserts = tuple(Upsert(kind=kind, key=key, value=value) for (kind, key), value in newer if value is not None)
        gone = tuple(Tombstone(kind=kind, key=key) for (kind, key), value in newer if value is None)
        reply = ChangesReply(upserts=upserts, tombstones=gone, next=self.change)
        if not self.strange_kind:
            return _json(reply)
        said = reply.model_dump(mode="json")
        said["upserts"] = [*said["upserts"], {"kind": self.strange_kind, "key": "-", "value": {}}]
        return Response(json.dumps(said), media_type="application/json")

    async def _snapshot(self, request: Request, body: bytes) -> Response:
        documents, rights = list[Upsert](), list[tuple[str, RightDocument]]()
        for (kind, key), (_, value) in self.documents.items():
            if kind == "right" and value is not None:
                rights.append((key, RightDocument.model_validate(value)))
            elif value is not None:
                documents.append(Upsert(kind=kind, key=key, value=value))
        snapshot = write_snapshot(self.change, documents, rights)
        return Response(snapshot.replace(b"snapshot-2", b"snapshot-9") if self.strange_snapshot else snapshot)

    async def _health(self, request: Request, body: bytes) -> Response:
        self.health.append(HealthRequest.model_validate_json(body))
        return _json(HealthReply(now=self._now(), change=self.change))

    async def _stream(self, request: Request, body: bytes) -> Response:
        return StreamingResponse(self._events(int(request.headers["Last-Event-ID"])), media_type="text/event-stream")

    async def _events(self, last: int) -> AsyncIterator[bytes]:
        told, server = 0, self._server
        yield b": here\n\n"
        while server is not None and not server.should_exit:
            news = self._news
            if self.change > last:
                last = self.change
                yield f'event: changed\nid: {last}\ndata: {{"change": {last}}}\n\n'.encode()
            for order in self.orders[told:]:
                yield f"event: order\ndata: {order.model_dump_json()}\n\n".encode()
            told = len(self.orders)
            try:
                async with asyncio.timeout(1.0):
                    await news.wait()
            except TimeoutError:
                yield b": still here\n\n"


def patrons(*known: Patron) -> dict[str, Patron]:
    """Patrons by card."""
    return {patron.card: patron for patron in known}


def with_facts(patron: Patron, **facts: object) -> Patron:
    """The same patron of whom the register says something else."""
    return replace(patron, facts=patron.facts.model_copy(update=facts))


def rows_of(double: ServerDouble, kinds: Iterable[str]) -> list[Row]:
    """The received rows of some kinds, in order."""
    wanted = set(kinds)
    return [row for (_, _), row in sorted(double.rows.items(), key=lambda item: item[0][1]) if row.kind in wanted]


def _json(reply: BaseModel) -> Response:
    return Response(reply.model_dump_json(), media_type="application/json")


def _problem(code: ProblemCode, status: int) -> Response:
    problem = Problem(code=code, title=json.dumps(code), status=status)
    return Response(problem.model_dump_json(), status_code=status, media_type=MEDIA_TYPE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
