"""Each line of a profile that says how a register wants to be asked is seen on the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from meroppet.ils.breaker import Breaker
from meroppet.ils.profiles import PRESETS, STANDARD, SiteProfile, changed
from meroppet.ils.sip2_client import Sip2Account, Sip2Ils
from meroppet.rules.pin import PinAnswer
from meroppet.sip2.codec import decode, encode
from meroppet.sip2.messages import Checksum, RawMessage, build
from tests.integration.sip2.conftest import PASSWORD, HandClock
from tests.integration.sip2.peers import ScriptedPeer

PATRON = [("AO", "X"), ("AA", "1"), ("AE", "Åsa"), ("BL", "Y"), ("CQ", "Y")]
ANSWERS: dict[str, RawMessage] = {
    "93": build("94", {"ok": "1"}),
    "99": build(
        "98", {"online": "Y", "retries_allowed": "003"}, [("AO", "TOLD"), ("AN", "TOLD-AN"), ("BX", "Y" * 16)]
    ),
    "63": build("64", {}, [*PATRON, ("PB", "19900203"), ("AS", "2")]),
    "23": build("24", {}, PATRON),
    "17": build("18", {"circulation_status": "04"}, [("AB", "2"), ("AJ", "T"), ("AH", "20261219    235900")]),
    "11": build("12", {"ok": "1"}, [("AO", "X"), ("AA", "1"), ("AB", "2"), ("AJ", "T"), ("AH", "20261219    235900")]),
    "29": build("30", {"ok": "1"}, [("AO", "X"), ("AA", "1"), ("AB", "2"), ("AJ", "T"), ("AH", "20270119    235900")]),
    "09": build("10", {"ok": "1"}, [("AO", "X"), ("AB", "2"), ("AQ", "X"), ("AJ", "T")]),
}  # fmt: skip
Ask = Callable[[Sip2Ils], Awaitable[object]]


class Heard:
    """A peer in the profile's wire format, and what it heard."""

    def __init__(self, profile: SiteProfile, answers: Mapping[str, RawMessage]) -> None:
        self.wire = profile.wire
        self._answers = answers
        self.peer = ScriptedPeer(self._answer)

    def _answer(self, line: bytes) -> bytes:
        asked = decode(line, self.wire.coding, self.wire.delimiter)
        return encode(
            self._answers[asked.code],
            self.wire.coding,
            sequence=asked.sequence,
            error_detection=self.wire.error_detection,
            delimiter=self.wire.delimiter,
        )

    def all(self, code: str) -> list[RawMessage]:
        found = [decode(line, self.wire.coding, self.wire.delimiter) for line in self.peer.heard]
        return [asked for asked in found if asked.code == code]

    def last(self, code: str) -> RawMessage:
        return self.all(code)[-1]


@asynccontextmanager
async def asking(
    profile: SiteProfile, clock: HandClock, answers: Mapping[str, RawMessage] = ANSWERS
) -> AsyncIterator[tuple[Heard, Sip2Ils]]:
    heard = Heard(profile, answers)
    await heard.peer.start()
    account = Sip2Account("127.0.0.1", heard.peer.port, "u", PASSWORD, "OWN", "OWN-PLACE")
    ils = Sip2Ils(profile, account, clock, deadline=5.0, breaker=Breaker(limit=0))
    yield heard, ils
    await ils.close()
    await heard.peer.close()


async def checkout(ils: Sip2Ils) -> object:
    return await ils.checkout("1", "1234", "2")


async def checkin(ils: Sip2Ils) -> object:
    return await ils.checkin("2")


async def renew(ils: Sip2Ils) -> object:
    return await ils.renew("1", "1234", "2")


async def item(ils: Sip2Ils) -> object:
    return await ils.item("2")


def field(identifier: str) -> Callable[[RawMessage], str | None]:
    return lambda asked: asked.first(identifier)


def fixed(name: str) -> Callable[[RawMessage], str]:
    return lambda asked: asked.fixed_field(name)


@pytest.mark.parametrize(
    ("lines", "ask", "code", "look", "seen"),
    [
        ({"requests": {"blank_nb_due": True}}, checkout, "11", fixed("nb_due_date"), " " * 18),
        ({"requests": {"blank_nb_due": False}}, checkout, "11", fixed("nb_due_date"), "20261121    130000"),
        ({"requests": {"blank_nb_due": True}}, renew, "29", fixed("nb_due_date"), " " * 18),
        ({"requests": {"blank_return_date": True}}, checkin, "09", fixed("return_date"), " " * 18),
        ({"requests": {"blank_return_date": False}}, checkin, "09", fixed("return_date"), "20261121    130000"),
        ({"wire": {"zone": "0000"}}, item, "17", fixed("transaction_date"), "202611210000130000"),
        ({"wire": {"zone": "Z"}}, item, "17", fixed("transaction_date"), "20261121   Z120000"),
        ({"requests": {"institution_from_status": True}}, item, "17", field("AO"), "TOLD"),
        ({"requests": {"institution_from_status": False}}, item, "17", field("AO"), "OWN"),
        ({"requests": {"location_from_status": True}}, checkin, "09", field("AP"), "TOLD-AN"),
        ({"requests": {"location_from_status": False}}, checkin, "09", field("AP"), "OWN-PLACE"),
        ({"requests": {"location_at_login": True}}, item, "93", field("CP"), "OWN-PLACE"),
        ({"requests": {"location_at_login": False}}, item, "93", field("CP"), None),
        ({"requests": {"renews_by_checkout": True}}, renew, "11", fixed("renewal_policy"), "Y"),
        ({"requests": {"sends_pin_with_loans": True}}, checkout, "11", field("AD"), "1234"),
        ({"requests": {"sends_pin_with_loans": False}}, checkout, "11", field("AD"), None),
        ({"wire": {"delimiter": "^"}}, item, "17", field("AB"), "2"),
        ({"wire": {"error_detection": True}}, item, "17", lambda asked: asked.checksum, Checksum.VALID),
        ({"wire": {"error_detection": False}}, item, "17", lambda asked: asked.checksum, Checksum.ABSENT),
    ],
)
async def test_a_line_of_the_profile_is_obeyed(
    clock: HandClock, lines: Mapping[str, Any], ask: Ask, code: str, look: Callable[[RawMessage], object], seen: object
) -> None:
    async with asking(changed(STANDARD, lines), clock) as (heard, ils):
        await ask(ils)

        assert look(heard.last(code)) == seen


async def test_no_login_goes_to_a_register_that_wants_none(clock: HandClock) -> None:
    async with asking(changed(STANDARD, {"wire": {"needs_login": False}}), clock) as (heard, ils):
        await ils.item("2")

        assert heard.all("93") == []
        assert heard.all("17")


@pytest.mark.parametrize(("charset", "sent"), [("utf-8", "pär1".encode()), ("cp850", "pär1".encode("cp850"))])
async def test_a_pin_goes_out_in_the_register_s_encoding(clock: HandClock, charset: str, sent: bytes) -> None:
    async with asking(changed(STANDARD, {"wire": {"charset": charset}}), clock) as (heard, ils):
        answer = await ils.patron("1", "pär1")

        assert answer.pin is PinAnswer.RIGHT
        assert answer.name == "Åsa"
        assert any(b"|AD" + sent + b"|" in line for line in heard.peer.heard)


@pytest.mark.parametrize("profile", PRESETS.values(), ids=lambda profile: profile.name)
async def test_every_preset_gets_its_questions_answered(clock: HandClock, profile: SiteProfile) -> None:
    async with asking(profile, clock) as (heard, ils):
        patron, found = await ils.patron("1", "1234"), await ils.item("2")
        loan, returned = await ils.checkout("1", "1234", "2"), await ils.checkin("2")

        assert (patron.pin, found.ok, loan.ok, returned.ok) == (PinAnswer.RIGHT, True, True, True)
        assert all(b"|AD|" not in line for line in heard.peer.heard)


async def test_a_pin_by_23_is_followed_by_63_for_the_facts_that_24_does_not_have(clock: HandClock) -> None:
    lines = {"requests": {"pin_message": "23"}, "fields": {"birth_date": "PB"}}
    async with asking(changed(STANDARD, lines), clock) as (heard, ils):
        answer = await ils.patron("1", "1234")

        assert (answer.pin, answer.facts is not None and answer.facts.birth_date) == (PinAnswer.RIGHT, date(1990, 2, 3))
        assert [heard.last("23").first("AD"), heard.last("63").first("AD")] == ["1234", None]


async def test_a_wrong_pin_by_23_is_wrong_and_asks_no_more(clock: HandClock) -> None:
    wrong = ANSWERS | {"23": build("24", {}, [*PATRON[:-1], ("CQ", "N")])}
    async with asking(changed(STANDARD, {"requests": {"pin_message": "23"}}), clock, wrong) as (heard, ils):
        answer = await ils.patron("1", "9999")

        assert answer.pin is PinAnswer.WRONG
        assert heard.all("63") == []
