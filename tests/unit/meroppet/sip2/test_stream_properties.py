"""What must hold for any stream: a split decides nothing, and an answer is only ever taken by its own question."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import date as day

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.ils.profiles import STANDARD
from meroppet.ils.sip2_answers import patron_answer
from meroppet.rules.pin import PinAnswer
from meroppet.sip2 import requests
from meroppet.sip2.acs_session import AcsEvent, AcsForm, AcsSession
from meroppet.sip2.codec import MAX_LINE, LineCutter, encode
from meroppet.sip2.errors import SIP2TooLongError
from meroppet.sip2.messages import RawMessage, build
from meroppet.sip2.session import Answer, Broken, Cause, ClientSession, Event, WireFormat
from meroppet.sip2.views import PatronView

AT = datetime(2026, 11, 21, 22, 34, 38, tzinfo=UTC)
ANSWERS = 100_000
CARDS = [f"20000000{number:02}" for number in range(37)]


def _client() -> ClientSession:
    session = ClientSession(WireFormat(needs_login=False))
    session.send(requests.sc_status())
    session.receive(encode(build("98", {"online": "Y"}), sequence=0))
    session.send(requests.patron_information(AT, "HUS", "1", "1234"))
    return session


def _patron(card: str, sequence: int | None, pin: str = "Y") -> bytes:
    answer = build("64", {}, [("AO", "HUS"), ("AA", card), ("AE", "A"), ("BL", "Y"), ("CQ", pin)])
    return encode(answer, sequence=sequence)


_PIECES = st.sampled_from(
    [
        _patron("1", 1), _patron("1", 0), _patron("1", 9), encode(build("64", {}), error_detection=False),
        _patron("1", 1).replace(b"AA1", b"AA2"), b"96AZFEF6\r", b"96\r", b"97\r", b"6400", b"64" + b" " * 59,
        b"\r", b"\n", b"\r\n", b"\0", b"|", b"hej", encode(requests.sc_status(), sequence=3), b"AY1AZ0000", b"\xff\xfe",
    ]
)  # fmt: skip


def _split(stream: bytes, data: st.DataObject) -> Iterator[bytes]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        yield stream[start:end]


@given(st.lists(_PIECES, max_size=8).map(b"".join), st.data())
def test_any_split_of_a_stream_gives_the_client_the_same_events(stream: bytes, data: st.DataObject) -> None:
    whole, split = _client(), _client()

    at_once = whole.receive(stream)
    bit_by_bit: list[Event] = [event for piece in _split(stream, data) for event in split.receive(piece)]

    assert bit_by_bit == at_once
    assert (split.state, split.has_discarded) == (whole.state, whole.has_discarded)
    assert split.silence() == whole.silence()


@given(st.lists(_PIECES, max_size=8).map(b"".join), st.booleans(), st.data())
def test_any_split_of_a_stream_gives_the_register_the_same_events(
    stream: bytes, lf_ends_line: bool, data: st.DataObject
) -> None:
    form = AcsForm(trims=not lf_ends_line, lf_ends_line=lf_ends_line)
    whole, split = AcsSession(form), AcsSession(form)

    at_once = whole.receive(stream)
    bit_by_bit: list[AcsEvent] = [event for piece in _split(stream, data) for event in split.receive(piece)]

    assert bit_by_bit == at_once


def test_a_split_decides_nothing_about_an_endless_line_either() -> None:
    stream = _patron("1", 1) + b"6" * (MAX_LINE + 1)
    whole, split = _client(), _client()

    at_once = whole.receive(stream)
    bit_by_bit = [event for at in range(0, len(stream), 999) for event in split.receive(stream[at : at + 999])]

    assert [type(event) for event in at_once] == [Answer, Broken]
    assert at_once[1] == Broken(Cause.MALFORMED)
    assert bit_by_bit == at_once


def test_the_lines_before_an_endless_one_are_kept() -> None:
    with pytest.raises(SIP2TooLongError) as caught:
        LineCutter(10).feed(b"941\r36Y\r" + b"6" * 11)

    assert caught.value.before == (b"941", b"36Y")


def _ready() -> ClientSession:
    session = ClientSession(WireFormat(needs_login=False, resends=3))
    session.send(requests.sc_status())
    session.receive(encode(build("98", {"online": "Y"}), sequence=0))
    return session


def test_a_hundred_thousand_shuffled_repeated_and_late_answers_never_reach_another_patron() -> None:
    dice = random.Random(1)
    session, sequence, taken, foreign, sent = _ready(), 0, 0, 0, 0
    late: list[bytes] = []
    while sent < ANSWERS:
        card = dice.choice(CARDS)
        session.send(requests.patron_information(AT, "HUS", card, "1234"))
        sequence = (sequence + 1) % 10
        own = _patron(card, sequence, dice.choice("YN"))
        crowd = [*dice.sample(late, min(len(late), dice.randrange(6))), *[own] * dice.randrange(1, 3)]
        if dice.random() < 0.05:
            # Damaged on the way; it is asked for again and comes as the registers were seen to repeat.
            crowd.append(own.replace(b"AEA", b"AEB"))
            crowd.append(_patron(card, 0))
        dice.shuffle(crowd)
        late = [*late[-40:], own]
        for frame in crowd:
            sent += 1
            for event in session.receive(frame):
                match event:
                    case Answer(message):
                        told = _applied(message, card)
                        taken, foreign = taken + told, foreign + (not told)
                    case Broken():
                        session, sequence = _ready(), 0
            if session.state != "in_flight":
                break
        if session.state == "in_flight":
            session, sequence = _ready(), 0

    assert taken > ANSWERS / 10
    assert foreign > 0, "some late answers carried the right number: it is the card in them that gave them away"


def _applied(message: RawMessage, card: str) -> bool:
    """Whether the answer was taken for the patron who asked; never for anybody else."""
    answer = patron_answer(STANDARD, PatronView(message), card, pin_sent=True, today=day(2026, 11, 21))
    is_own = message.first("AA") == card
    assert answer.is_available is is_own
    assert is_own or (answer.pin is PinAnswer.UNAVAILABLE and answer.facts is None)
    return is_own
