"""What can be wrong with a register, to be ordered while it runs, and what each fault makes of an answer's bytes."""

from enum import StrEnum

from meroppet.sip2.checksum import checksum


class Fault(StrEnum):
    """The faults by name; `ABOUT` says what each does."""

    NONE = "none"
    HANG = "hang"
    SLOW = "slow"
    WRONG_SEQUENCE = "wrong-seq"
    BAD_CHECKSUM = "bad-checksum"
    NO_CR = "no-cr"
    CLOSE = "close"
    LATE_ANSWER = "late-answer"
    WRONG_PATRON = "wrong-patron"
    WRONG_ITEM = "wrong-item"
    HALF_ANSWER = "half-answer"
    DRIP = "drip"
    TWICE = "twice"
    LAST_ANSWER = "last-answer"
    GARBAGE = "garbage"
    ENDLESS = "endless"
    ASKS_AGAIN = "asks-again"
    OFFLINE = "offline"
    EVERYBODY_UNKNOWN = "everybody-unknown"
    EVERYBODY_VALID = "everybody-valid"


ABOUT: dict[Fault, str] = {
    Fault.NONE: "all is well",
    Fault.HANG: "no answer until the fault ends; then the late one",
    Fault.SLOW: "every answer takes some seconds, and the next request waits for it",
    Fault.WRONG_SEQUENCE: "another sequence number, with a checksum that fits",
    Fault.BAD_CHECKSUM: "a checksum that does not fit",
    Fault.NO_CR: "the answer never ends",
    Fault.CLOSE: "the request is done and the connection closed without an answer",
    Fault.LATE_ANSWER: "answers come some seconds late, and after those to later requests",
    Fault.WRONG_PATRON: "answers name another patron",
    Fault.WRONG_ITEM: "answers name another item",
    Fault.HALF_ANSWER: "half of the answer, and the connection is closed",
    Fault.DRIP: "answers come byte by byte, over some seconds",
    Fault.TWICE: "every answer comes twice",
    Fault.LAST_ANSWER: "the answer to the request before",
    Fault.GARBAGE: "a line of bytes that are no message",
    Fault.ENDLESS: "bytes without end",
    Fault.ASKS_AGAIN: "96 to everything",
    Fault.OFFLINE: "98 says that the library system is down",
    Fault.EVERYBODY_UNKNOWN: "no card is known, as while patrons are indexed anew",
    Fault.EVERYBODY_VALID: "every card is known, and nothing stands against anybody",
}

_GARBAGE = b"\x00\xff<html>502 Bad Gateway</html>\x1b[31m|AY|AZ\x80"


def spoilt(data: bytes, fault: Fault) -> bytes:
    """The bytes of an answer as a register with this fault sends them; unchanged for the other faults."""
    match fault:
        case Fault.NO_CR:
            return data.rstrip(b"\r\n")
        case Fault.TWICE:
            return data * 2
        case Fault.GARBAGE:
            return _GARBAGE + _end(data)
        case Fault.HALF_ANSWER:
            return data[: len(data) // 2]
        case Fault.OFFLINE if data.startswith(b"98Y"):
            return _with_fitting_checksum(b"98N" + data[3:])
        case Fault.BAD_CHECKSUM if _has_trailer(data):
            last = len(data.rstrip(b"\r\n")) - 1
            return data[:last] + (b"0" if data[last : last + 1] != b"0" else b"1") + data[last + 1 :]
        case Fault.WRONG_SEQUENCE if _has_trailer(data):
            return _with_next_sequence(data)
    return data


def _has_trailer(data: bytes) -> bool:
    return data.rfind(b"AY") >= 0


def _end(data: bytes) -> bytes:
    return data[len(data.rstrip(b"\r\n")) :]


def _with_next_sequence(data: bytes) -> bytes:
    """Another sequence number with a checksum that fits it."""
    mark = data.rfind(b"AY")
    number = int(data[mark + 2 : mark + 3])
    return _with_fitting_checksum(data[:mark] + b"AY%d" % ((number + 1) % 10) + data[mark + 3 :])


def _with_fitting_checksum(data: bytes) -> bytes:
    if not _has_trailer(data):
        return data
    head = data[: data.rfind(b"AZ") + 2]
    return head + checksum(head) + _end(data)
