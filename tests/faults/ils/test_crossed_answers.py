"""Over real sockets, no answer is ever taken for that of another patron or question, however they are mixed up."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from meroppet.ils.breaker import Breaker
from meroppet.ils.profiles import KOHA
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import SystemClock
from meroppet.sip2.codec import LineCutter, decode, encode
from meroppet.sip2.messages import RawMessage, build

CARDS = [f"20000000{number:02}" for number in range(20)]
CLIENTS, CALLS = 10, 200
DEADLINE = 0.05


def right_pin(card: str) -> str:
    return f"1{card[-3:]}"


def told(request: RawMessage) -> RawMessage:
    """What an honest register answers."""
    if request.code == "93":
        return build("94", {"ok": "1"})
    if request.code == "99":
        return build("98", {"online": "Y"}, [("AO", "HUS"), ("BX", "Y" * 16)])
    card = request.first("AA") or ""
    right = "Y" if request.first("AD") == right_pin(card) else "N"
    fields = [("AO", "HUS"), ("AA", card), ("AE", f"Namn {card}"), ("BL", "Y"), ("CQ", right)]
    return build("64", {"language": "006"}, fields)


@dataclass(slots=True)
class MuddledRegister:
    """Sends answers late, twice, in another order, or those of other patrons; now and then the right one."""

    random: random.Random
    checks: bool = True
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._keep(task)
        cutter, held = LineCutter(), [b""]
        try:
            while data := await reader.read(4096):
                for line in cutter.feed(data):
                    request = decode(line)
                    answer = self._bytes(told(request), request)
                    if request.code == "63":
                        self._muddle(writer, request, answer, held)
                    else:
                        writer.write(answer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    def _bytes(self, answer: RawMessage, request: RawMessage) -> bytes:
        return encode(answer, sequence=request.sequence, error_detection=self.checks)

    def _muddle(self, writer: asyncio.StreamWriter, request: RawMessage, answer: bytes, held: list[bytes]) -> None:
        other = replace(request, fields=(("AA", self.random.choice(CARDS)), ("AD", "0000")))
        match self.random.randrange(7):
            case 0:
                self._later(writer, answer)
            case 1:
                writer.write(answer + answer)
            case 2 if other.first("AA") != request.first("AA"):
                writer.write(self._bytes(told(other), request))
            case 3:
                writer.write(held[0] + answer)
            case 4:
                writer.write(answer)
                self._later(writer, held[0])
            case _:
                writer.write(answer)
        held[0] = answer

    def _later(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        async def write() -> None:
            await asyncio.sleep(self.random.uniform(0.0, 2 * DEADLINE))
            if not writer.is_closing():
                writer.write(data)

        self._keep(asyncio.create_task(write()))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@pytest.fixture(params=[True, False], ids=["with checksums", "without"])
async def muddled(request: pytest.FixtureRequest) -> AsyncIterator[MuddledRegister]:
    register = MuddledRegister(random.Random(2026), checks=request.param)
    await register.start()
    yield register
    await register.close()


async def ask_many(register: MuddledRegister, seed: int) -> Counter[str]:
    """What became of the questions; fails on the first answer that is about anything else than what was asked."""
    profile = replace(KOHA, wire=replace(KOHA.wire, error_detection=register.checks))
    account = Sip2Account("127.0.0.1", register.port, "door", "x", institution="HUS")
    ils = Sip2Ils(profile, account, SystemClock(), deadline=DEADLINE, breaker=Breaker(limit=0))
    chance, before, outcomes = random.Random(seed), "", Counter[str]()
    for _ in range(CALLS):
        card = chance.choice([card for card in CARDS if card != before])
        before = card
        # Without numbers nothing in an answer tells one question about a patron from an earlier one about her.
        is_right = chance.random() < 0.5 or not register.checks
        answer = await ils.patron(card, right_pin(card) if is_right else "0000")
        if answer.cause is None:
            assert (answer.patron_id, answer.name) == (card, f"Namn {card}")
            assert answer.pin is (PinAnswer.RIGHT if is_right else PinAnswer.WRONG)
        outcomes[answer.cause or "told"] += 1
    await ils.close()
    return outcomes


async def test_no_answer_is_taken_for_another_patrons(muddled: MuddledRegister) -> None:
    outcomes = sum(await asyncio.gather(*(ask_many(muddled, seed) for seed in range(CLIENTS))), Counter[str]())

    assert outcomes.total() == CLIENTS * CALLS
    assert outcomes["told"] > CALLS
    assert outcomes["wrong_patron"] > 0
