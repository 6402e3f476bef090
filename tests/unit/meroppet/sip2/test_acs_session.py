"""How registers differ in the treatment of bytes, each way as it was seen from a running one."""

import pytest

from meroppet.sip2.acs_session import AcsForm, AcsSession, EmptyLine, Gibberish, Repeat, Reply, Request
from meroppet.sip2.codec import MAX_LINE, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2TooLongError
from meroppet.sip2.messages import Checksum, build
from meroppet.sip2.requests import sc_status

STATUS = encode(sc_status(), sequence=3)
ANSWER = build("98", {"online": "Y"}, [("AM", "Västerås")])


def answered(form: AcsForm) -> tuple[AcsSession, bytes]:
    """A session that has answered one request, and the answer."""
    session = AcsSession(form)
    (event,) = session.receive(STATUS)
    assert isinstance(event, Request)
    return session, session.reply(event.message, ANSWER)


@pytest.mark.parametrize(
    ("repeats", "sequence", "verdict", "name"),
    [
        (Repeat.SAME, 3, Checksum.VALID, "Västerås"),
        (Repeat.ZERO, 0, Checksum.VALID, "Västerås"),
        (Repeat.BARE, None, Checksum.ABSENT, "Västerås"),
        (Repeat.GARBLED, None, Checksum.ABSENT, "VÃ¤sterÃ¥s"),
    ],
)
def test_the_last_answer_is_repeated_in_the_dialects_way(
    repeats: Repeat, sequence: int | None, verdict: Checksum, name: str
) -> None:
    session, _ = answered(AcsForm(repeats=repeats))

    (repeat,) = session.receive(b"97AZFEF5\r")

    assert isinstance(repeat, Reply)
    message = decode(repeat.data, TextCoding("utf-8", None))
    assert (message.sequence, message.checksum, message.first("AM")) == (sequence, verdict, name)


def test_an_answer_to_a_request_without_checksum_is_repeated_without() -> None:
    session = AcsSession(AcsForm(repeats=Repeat.ZERO))
    (event,) = session.receive(b"9900802.00\r")
    assert isinstance(event, Request)

    first = session.reply(event.message, ANSWER)

    assert session.receive(b"97\r") == [Reply(first)]


def test_without_error_detection_nothing_is_verified_and_no_answer_carries_a_checksum() -> None:
    session, first = answered(AcsForm(error_detection=False))

    (event,) = session.receive(b"9900802.00AY3AZ0000\r")

    assert b"AZ" not in first
    assert isinstance(event, Request)
    assert session.ask_again() == b"96\r"


def test_an_empty_line_is_told_only_where_cr_alone_ends_a_line() -> None:
    by_cr = AcsSession(AcsForm(lf_ends_line=False))

    assert by_cr.receive(b"\r\n") == [EmptyLine()]
    assert by_cr.receive(b"9900802.00\n") == []
    assert AcsSession(AcsForm()).receive(b"\r\n\r\n") == []


def test_a_line_may_come_in_pieces_where_cr_alone_ends_it() -> None:
    session = AcsSession(AcsForm(lf_ends_line=False))

    events = [event for byte in b"9900802.00\r\nx\r" for event in session.receive(bytes([byte]))]

    assert [type(event) for event in events] == [Request, Gibberish]


def test_a_line_that_never_ends_is_refused_where_cr_alone_ends_it() -> None:
    with pytest.raises(SIP2TooLongError):
        AcsSession(AcsForm(lf_ends_line=False)).receive(b"x" * (MAX_LINE + 1))


def test_the_register_may_forget_the_end_of_its_96() -> None:
    session = AcsSession(AcsForm(again_terminator=b"", terminator=b"\r\n"))

    assert session.ask_again() == b"96AZFEF6"
