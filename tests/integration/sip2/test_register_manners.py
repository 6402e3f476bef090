"""How the demo register treats a connection, dialect by dialect and fault by fault, as raw bytes on a socket tell."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from meroppet.ils.acs_codings import DecomposedCoding, UnstatedCoding
from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_faults import ABOUT, Fault, spoilt
from meroppet.ils.acs_simulator import Register
from meroppet.sip2 import requests
from meroppet.sip2.codec import decode, encode
from meroppet.sip2.messages import RawMessage, build
from tests.integration.sip2.conftest import NOW, PASSWORD

SOON = 20.0
CARD = "2000000001"
LOGIN = encode(requests.login("sip_skiljebo", PASSWORD), sequence=0)
STATUS = encode(requests.sc_status(), sequence=1)
PATRON = encode(requests.patron_information(NOW, "SKILJEBO", CARD, "1234"), sequence=2)


class Line:
    """One connection, spoken to in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, data: bytes) -> bytes:
        """What comes back up to CR; b"" when the connection is closed instead."""
        self._writer.write(data)
        return await self.hear()

    async def hear(self) -> bytes:
        async with asyncio.timeout(SOON):
            try:
                return await self._reader.readuntil(b"\r")
            except asyncio.IncompleteReadError as cut:
                return cut.partial
            except ConnectionError:
                return b""

    async def packet(self) -> bytes:
        async with asyncio.timeout(SOON):
            return await self._reader.read(64 * 1024)

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def close(self) -> None:
        self._writer.transport.abort()


@pytest.fixture
async def call(register: Register) -> AsyncIterator[Callable[[str], Awaitable[Line]]]:
    """Opens a connection in a dialect, signed in."""
    lines: list[Line] = []

    async def connect(dialect: str = "koha", *, signed_in: bool = True) -> Line:
        register.control.dialect = DIALECTS[dialect]
        line = Line(*await asyncio.open_connection("127.0.0.1", register.port))
        lines.append(line)
        if signed_in:
            assert (await line.say(LOGIN)).startswith(b"941")
        return line

    yield connect
    for line in lines:
        line.close()


async def heard(register: Register) -> None:
    """Wait until a request has arrived."""
    async with asyncio.timeout(SOON):
        while register.control.requests == 0:  # noqa: ASYNC110 (the register counts, it does not ring)
            await asyncio.sleep(0.01)


Call = Callable[..., Awaitable[Line]]


@pytest.mark.parametrize(
    ("dialect", "said", "answer"),
    [
        ("koha", b"\r", b""),
        ("koha", b"710\r", b"96AZFEF6\r"),
        ("koha", b"x\r", b"96AZFEF6\r"),
        ("evergreen", b"710\r", b""),
        ("evergreen", b"\r\n", None),
        ("koha", STATUS.replace(b"AZ", b"AZ0")[:-2] + b"\r", b"96AZFEF6\r"),
        ("folio", b"990080200\r", None),
    ],
)
async def test_what_is_odd_is_met_as_the_system_does(
    call: Call, dialect: str, said: bytes, answer: bytes | None
) -> None:
    line = await call(dialect)

    if answer is None:
        assert (await line.say(said + STATUS)).startswith(b"98Y")
    else:
        assert await line.say(said) == answer


@pytest.mark.parametrize("dialect", ["koha", "sierra"])
async def test_nothing_is_answered_before_login_and_a_refused_login_ends_the_connection(
    call: Call, dialect: str
) -> None:
    early, wrong = await call(dialect, signed_in=False), await call(dialect, signed_in=False)

    assert await early.say(STATUS) == b""
    assert (await wrong.say(encode(requests.login("sip_skiljebo", "fel")))).startswith(b"940")
    assert (await wrong.hear()).strip() == b""


async def test_a_refused_second_login_leaves_the_first(call: Call) -> None:
    line = await call("koha")

    assert (await line.say(encode(requests.login("sip_skiljebo", "fel")))).startswith(b"940")
    assert (await line.say(STATUS)).lstrip(b"\n").startswith(b"98Y")


async def test_a_koha_that_was_told_another_version_answers_no_newer_requests(call: Call) -> None:
    line = await call("koha")

    assert (await line.say(b"9900801.00\r")).startswith(b"98Y")
    assert await line.say(PATRON) == b"96AZFEF6\r"
    assert (await line.say(STATUS)).startswith(b"98Y")
    assert (await line.say(PATRON)).startswith(b"64")


@pytest.mark.parametrize(
    ("dialect", "name"), [("koha", "Ã…sa Ã–berg"), ("evergreen", "Asa Oberg"), ("sierra", "Åsa Öberg")]
)
async def test_97_repeats_as_the_system_does(call: Call, dialect: str, name: str) -> None:
    line = await call(dialect)
    await line.say(PATRON)

    again = decode(await line.say(b"97AZFEF5\r"), DIALECTS[dialect].form.coding)

    # What was encoded twice shows as control characters where Latin-1 has them; the letters around them tell enough.
    assert str(again.first("AE"))[-4:] == name[-4:]
    assert again.sequence == {"koha": None, "evergreen": 0, "sierra": 2}[dialect]


async def test_symphony_sends_an_answer_in_two_packets(call: Call) -> None:
    line = await call("symphony")
    line.write(PATRON)

    first, second = await line.packet(), await line.packet()

    assert not first.endswith(b"\r")
    assert decode(first + second).first("AA") == CARD


async def test_a_connection_is_ended_after_silence_and_half_a_request_is_silence(
    call: Call, register: Register
) -> None:
    line = await call("koha")
    register.control.idle_seconds = 0.2
    assert (await line.say(STATUS)).startswith(b"98Y")

    line.write(b"63006")

    assert await line.hear() == b""


async def test_koha_names_institution_and_messages_and_nothing_else(call: Call) -> None:
    said = decode(await (await call("koha")).say(STATUS))

    assert said.fields == (("AO", "SKILJEBO"), ("BX", "YYYYYYYYYYYNYYYY"))


@pytest.mark.parametrize(
    ("coding", "title", "raw"),
    [
        (UnstatedCoding("latin-1"), "Röda", "Röda".encode("latin-1")),
        (UnstatedCoding("latin-1"), "Röda – ☃", "Röda – ☃".encode()),
        (DecomposedCoding("utf-8"), "Röda", b"Ro\xcc\x88da"),
        (DecomposedCoding("ascii"), "Röda", b"Roda"),
        (DecomposedCoding("cp850"), "Röda", b"Ro?da"),
    ],
)
def test_the_odd_ways_of_writing_text(coding: UnstatedCoding | DecomposedCoding, title: str, raw: bytes) -> None:
    assert coding.write(title) == raw


class TestFaults:
    """What each fault does to the answer of a patron question."""

    @pytest.fixture
    async def line(self, call: Call, register: Register) -> Line:
        register.control.seconds = 0.2
        return await call("standard")

    async def answer(self, line: Line, register: Register, fault: Fault) -> bytes:
        register.control.fault = fault
        return await line.say(PATRON)

    def test_each_is_described(self) -> None:
        assert set(ABOUT) == set(Fault)

    @pytest.mark.parametrize(
        ("fault", "is_seen"),
        [
            (Fault.NONE, lambda told: told.first("AA") == CARD),
            (Fault.SLOW, lambda told: told.first("AA") == CARD),
            (Fault.DRIP, lambda told: told.first("AA") == CARD),
            (Fault.LATE_ANSWER, lambda told: told.first("AA") == CARD),
            (Fault.WRONG_PATRON, lambda told: told.first("AA") not in (None, CARD)),
            (Fault.WRONG_SEQUENCE, lambda told: (told.sequence, told.checksum.value) == (3, "valid")),
            (Fault.BAD_CHECKSUM, lambda told: told.checksum.value == "invalid"),
            (Fault.LAST_ANSWER, lambda told: told.code == "94"),
            (Fault.ASKS_AGAIN, lambda told: told.code == "96"),
        ],
    )
    async def test_a_message_with_the_fault_comes(
        self, line: Line, register: Register, fault: Fault, is_seen: Callable[[RawMessage], bool]
    ) -> None:
        assert is_seen(decode(await self.answer(line, register, fault)))

    async def test_twice_is_twice(self, line: Line, register: Register) -> None:
        assert await self.answer(line, register, Fault.TWICE) == await line.hear()

    @pytest.mark.parametrize(("fault", "left"), [(Fault.CLOSE, 0), (Fault.HALF_ANSWER, 20)])
    async def test_the_connection_is_closed(self, line: Line, register: Register, fault: Fault, left: int) -> None:
        said = await self.answer(line, register, fault)

        assert not said.endswith(b"\r")
        assert len(said) >= left

    async def test_another_item_is_named(self, line: Line, register: Register) -> None:
        register.control.fault = Fault.WRONG_ITEM

        said = decode(await line.say(encode(requests.item_information(NOW, "SKILJEBO", "3001"))))

        assert said.first("AB") == "3002"

    async def test_what_has_no_end_does_not_end(self, line: Line, register: Register) -> None:
        register.control.fault = Fault.NO_CR
        line.write(PATRON)
        assert b"\r" not in await line.packet()

        register.control.fault = Fault.ENDLESS
        line.write(PATRON)
        assert b"\r" not in await line.packet()

    async def test_garbage_is_no_message(self, line: Line, register: Register) -> None:
        assert b"html" in await self.answer(line, register, Fault.GARBAGE)

    async def test_offline_is_told_by_the_status_with_a_fitting_checksum(self, line: Line, register: Register) -> None:
        register.control.fault = Fault.OFFLINE

        said = decode(await line.say(STATUS))

        assert (said.fixed_field("online"), said.checksum.value) == ("N", "valid")

    async def test_a_late_answer_comes_after_those_to_later_requests(self, line: Line, register: Register) -> None:
        register.control.fault = Fault.LATE_ANSWER
        line.write(PATRON)
        await heard(register)
        register.control.fault = Fault.NONE

        first = await line.say(encode(requests.item_information(NOW, "SKILJEBO", "3001")))
        second = await line.hear()

        assert (first[:2], second[:2]) == (b"18", b"64")

    async def test_a_hanging_register_answers_when_the_fault_ends(self, line: Line, register: Register) -> None:
        register.control.fault = Fault.HANG
        line.write(PATRON)
        await heard(register)
        register.control.fault = Fault.NONE

        assert (await line.hear()).startswith(b"64")

    async def test_login_is_spared_unless_it_is_not(self, call: Call, register: Register) -> None:
        register.control.fault, register.control.from_login = Fault.CLOSE, True

        line = await call("standard", signed_in=False)

        assert await line.say(LOGIN) == b""


async def test_another_dialect_and_a_changed_form_hold_for_new_connections(call: Call, register: Register) -> None:
    koha = DIALECTS["koha"]
    old = await call("koha")
    register.control.dialect = replace(koha, form=replace(koha.form, terminator=b"\r\n"))
    new = Line(*await asyncio.open_connection("127.0.0.1", register.port))
    new.write(LOGIN)

    assert (await new.packet()).endswith(b"\r\n")
    assert (await old.say(STATUS)).endswith(b"\r")
    await register.drop()
    assert (await old.hear()).strip() == b""
    new.close()


def test_an_answer_without_a_trailer_is_left_alone_by_faults_of_the_trailer() -> None:
    plain = encode(build("94", {"ok": "1"}), error_detection=False)

    assert spoilt(plain, Fault.BAD_CHECKSUM) == spoilt(plain, Fault.WRONG_SEQUENCE) == plain
