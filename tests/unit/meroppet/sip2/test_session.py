"""The connection's state machine: what may be sent when, and which answers are believed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.sip2 import requests
from meroppet.sip2.acs_session import AcsForm, AcsSession, Reply, Request
from meroppet.sip2.codec import decode, encode
from meroppet.sip2.errors import SIP2Error, SIP2LocalError
from meroppet.sip2.fields import ZoneStyle
from meroppet.sip2.messages import RawMessage, build
from meroppet.sip2.session import (
    REACTIONS,
    Answer,
    Broken,
    Cause,
    ClientSession,
    Heard,
    Reaction,
    Resend,
    State,
    WireFormat,
)

AT = datetime(2026, 11, 21, 22, 34, 38, tzinfo=UTC)
ONLINE = {"online": "Y", "retries_allowed": "003"}
PATRON = build("64", {}, [("AA", "1"), ("BL", "Y"), ("CQ", "Y")])


def line(message: RawMessage, sequence: int | None) -> bytes:
    return encode(message, sequence=sequence)


def ready(**form: object) -> ClientSession:
    session = ClientSession(WireFormat(**form))  # type: ignore[arg-type]
    session.send(requests.login("u", "p"))
    session.receive(
        encode(build("94", {"ok": "1"}), sequence=0, error_detection=bool(form.get("error_detection", True)))
    )
    session.send(requests.sc_status())
    session.receive(encode(build("98", ONLINE), sequence=1, error_detection=bool(form.get("error_detection", True))))
    assert session.state is State.READY
    return session


def asked(**form: object) -> ClientSession:
    session = ready(**form)
    session.send(requests.patron_information(AT, "HUS", "1", "1234"))
    return session


def test_login_then_status_then_requests_with_running_sequence_numbers() -> None:
    session = ready()

    sent = [session.send(requests.item_information(AT, "HUS", "30")) for _ in range(1)]
    for number in range(3, 13):
        session.receive(line(build("18", {}, [("AB", "30")]), (number - 1) % 10))
        sent.append(session.send(requests.item_information(AT, "HUS", "30")))

    assert [data.split(b"AY")[1][:1] for data in sent] == [b"%d" % (n % 10) for n in range(2, 13)]


@pytest.mark.parametrize("request_", [requests.patron_information(AT, "", "1"), requests.sc_status()])
def test_nothing_goes_out_before_login(request_: RawMessage) -> None:
    with pytest.raises(SIP2LocalError):
        ClientSession(WireFormat()).send(request_)


def test_only_one_request_is_in_flight() -> None:
    session = asked()

    with pytest.raises(SIP2LocalError):
        session.send(requests.item_information(AT, "HUS", "30"))


def test_a_refused_login_breaks_the_connection() -> None:
    session = ClientSession(WireFormat())
    session.send(requests.login("u", "p"))

    assert session.receive(line(build("94", {"ok": "0"}), 0)) == [Broken(Cause.LOGIN_REFUSED)]


def test_a_register_that_says_it_is_offline_breaks_the_connection() -> None:
    session = ClientSession(WireFormat(needs_login=False))
    session.send(requests.sc_status())

    assert session.receive(line(build("98", {"online": "N"}), 0)) == [Broken(Cause.OFFLINE)]


def test_an_answer_is_taken_in_any_pieces() -> None:
    session = asked()
    data = line(PATRON, 2)

    events = [event for at in range(len(data)) for event in session.receive(data[at : at + 1])]

    assert [type(event) for event in events] == [Answer]
    assert session.state is State.READY


def test_an_answer_with_another_sequence_number_is_discarded() -> None:
    session = asked()

    assert session.receive(line(PATRON, 1)) == []
    assert session.has_discarded
    assert isinstance(session.receive(line(PATRON, 2))[0], Answer)


def test_a_wrong_checksum_is_asked_for_again_a_bounded_number_of_times() -> None:
    session = asked()
    bad = line(PATRON, 2).replace(b"AA1", b"AA2")

    events = [event for _ in range(4) for event in session.receive(bad)]

    assert events[:3] == [Resend(b"97AZFEF5\r")] * 3
    assert events[3] == Broken(Cause.BAD_CHECKSUM)


@pytest.mark.parametrize(
    ("repeat", "is_verified"),
    [
        (line(PATRON, 2), True),
        (line(PATRON, 0), True),
        (encode(PATRON, error_detection=False), False),
    ],
    ids=["same number", "AY0", "no trailer"],
)
def test_a_repeat_is_taken_in_every_shape_registers_send_it(repeat: bytes, is_verified: bool) -> None:
    session = asked()
    session.receive(line(PATRON, 2).replace(b"AA1", b"AA2"))

    (event,) = session.receive(repeat)

    assert isinstance(event, Answer)
    assert event.verified is is_verified


def test_98_says_how_often_and_how_long() -> None:
    session = ClientSession(WireFormat(needs_login=False))
    session.send(requests.sc_status())
    session.receive(line(build("98", {**ONLINE, "retries_allowed": "000", "timeout_period": "025"}), 0))
    session.send(requests.patron_information(AT, "HUS", "1", "1234"))

    assert session.timeout == 2.5
    assert session.receive(line(PATRON, 1).replace(b"AA1", b"AA2")) == [Broken(Cause.BAD_CHECKSUM)]


def test_before_98_nothing_is_known_of_the_registers_patience() -> None:
    assert ClientSession(WireFormat()).timeout is None


@pytest.mark.parametrize("zone", ZoneStyle)
def test_every_timestamp_goes_out_in_the_registers_zone_style(zone: ZoneStyle) -> None:
    sent = ready(zone=zone).send(requests.checkin(AT, "HUS", "30"))

    assert sent.startswith(f"09N20261121{zone}22343820261121{zone}223438AP".encode())


def test_a_checksum_over_characters_is_believed_where_the_profile_says_so() -> None:
    body = "64" + " " * 59 + "AA1|AEÅsa|BLY|AY2AZ"
    answer = f"{body}{-sum(map(ord, body)) & 0xFFFF:04X}\r".encode()

    assert isinstance(asked(code_point_sum=True).receive(answer)[0], Answer)
    assert isinstance(asked().receive(answer)[0], Resend)


def test_every_kind_of_line_has_a_reaction_and_only_an_answer_is_accepted() -> None:
    assert set(REACTIONS) == set(Heard)
    assert [heard for heard, (reaction, _) in REACTIONS.items() if reaction is Reaction.ACCEPT] == [Heard.ANSWER]


def test_an_answer_without_the_checksum_that_was_asked_for_is_not_believed() -> None:
    session = asked()

    assert isinstance(session.receive(encode(PATRON, error_detection=False))[0], Resend)


def test_96_sends_the_same_bytes_again() -> None:
    session = ready()
    data = session.send(requests.checkout(AT, "HUS", "1", "30"))

    assert session.receive(b"96AZFEF6\r") == [Resend(data)]


def test_96_without_its_terminator_is_understood_after_silence() -> None:
    session = asked()

    assert session.receive(b"96AZFEF6") == []
    assert isinstance(session.silence()[0], Resend)
    assert session.receive(b"6400") == []
    assert session.silence() == []


def test_96_in_answer_to_97_has_failed() -> None:
    session = asked()
    session.receive(line(PATRON, 2).replace(b"AA1", b"AA2"))

    assert session.receive(b"96AZFEF6\r") == [Broken(Cause.BAD_CHECKSUM)]


def test_what_nobody_asked_for_breaks_the_connection() -> None:
    assert ready().receive(line(PATRON, 2)) == [Broken(Cause.UNASKED)]


@pytest.mark.parametrize("answer", [build("18", {}), build("24", {}), RawMessage("64", "  ")])
def test_an_answer_to_something_else_or_cut_short_breaks_the_connection(answer: RawMessage) -> None:
    session = asked()

    assert session.receive(line(answer, 2)) == [Broken(Cause.MALFORMED)]


def test_without_error_detection_plain_answers_are_believed() -> None:
    session = asked(error_detection=False)

    (event,) = session.receive(encode(PATRON, error_detection=False))

    assert isinstance(event, Answer)
    assert event.verified


def test_after_a_break_nothing_more_is_heard() -> None:
    session = ready()
    session.receive(b"99\r")

    assert session.receive(line(PATRON, 2)) == []


def test_a_line_that_never_ends_breaks_the_connection() -> None:
    assert asked().receive(b"6" * 70_000) == [Broken(Cause.MALFORMED)]


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_whatever_a_peer_sends_gives_events_and_no_exception(chunks: list[bytes]) -> None:
    session = asked()

    for chunk in chunks:
        session.receive(chunk)
        session.silence()


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 3))
def test_shuffled_and_repeated_answers_are_never_taken_for_this_one(numbers: list[int], ahead: int) -> None:
    session = asked()
    others = [number for number in numbers if number != 2]

    events = [event for number in others for event in session.receive(line(PATRON, number))]

    assert not any(isinstance(event, Answer) for event in events)


def test_no_request_ever_carries_an_empty_pin() -> None:
    made = [
        requests.patron_information(AT, "HUS", "1", ""),
        requests.checkout(AT, "HUS", "1", "30", pin=""),
        requests.renew(AT, "HUS", "1", "30", pin=""),
    ]

    assert all(message.first("AD") is None for message in made)


@pytest.mark.parametrize(
    "message",
    [
        requests.login("u", "p", "HUS"),
        requests.sc_status(),
        requests.patron_information(AT, "HUS", "1"),
        requests.patron_status(AT, "HUS", "1", "1234"),
        requests.item_information(AT, "HUS", "30"),
        requests.checkout(AT, "HUS", "1", "30", blank_nb_due=False),
        requests.checkin(AT, "HUS", "30", blank_return_date=True),
        requests.renew(AT, "HUS", "1", "30"),
    ],
    ids=lambda message: message.code,
)
def test_every_request_is_whole_and_reads_back_as_itself(message: RawMessage) -> None:
    got = decode(encode(message, sequence=3, terminator=b""))

    assert got.has_whole_header
    assert (got.code, got.fixed, got.fields) == (message.code, message.fixed, message.fields)


def test_a_field_with_a_value_follows_the_pin() -> None:
    fields = requests.patron_information(AT, "HUS", "1", "abc!").fields
    place = [identifier for identifier, _ in fields].index("AD")

    assert any(value for _, value in fields[place + 1 :])


class TestTheRegistersSide:
    """`AcsSession`: what the demo register does with lines."""

    def test_it_repeats_its_last_answer_and_refuses_a_bad_checksum(self) -> None:
        session = AcsSession(AcsForm())
        (event,) = session.receive(line(requests.sc_status(), 4))
        assert isinstance(event, Request)

        first = session.reply(event.message, build("98", ONLINE))
        events = session.receive(b"97AZFEF5\r9900802.00AY1AZ0000\r")

        assert first.startswith(b"98Y")
        assert b"AY4AZ" in first
        assert events == [Reply(first.split(b"AY")[0] + b"\r"), Reply(b"96AZFEF6\r")]

    def test_before_any_answer_a_repeat_cannot_be_had(self) -> None:
        assert AcsSession(AcsForm()).receive(b"97\r") == [Reply(b"96AZFEF6\r")]

    @given(st.binary(max_size=200))
    def test_arbitrary_bytes_raise_nothing_but_our_own_error(self, data: bytes) -> None:
        try:
            AcsSession(AcsForm(trims=True, lf_ends_line=False)).receive(data + b"\r")
        except SIP2Error:
            pass
