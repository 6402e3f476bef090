"""Twelve ways to damage a frame, and the frames that are damaged: collected messages and a recorded Koha."""

import json
import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from meroppet.sip2.checksum import checksum

GOLDEN = Path(__file__).parents[1] / "golden"
RECHECKSUMMED = 0.35
"""This share of the damaged frames gets a right checksum again: the others stop at the first door."""

T = TypeVar("T")
Mutation = Callable[[bytes, random.Random], bytes]

_ODD = (
    b"\0", b"\r", b"\n", b"\r\n", b"|", b"||", b"^", b"AY", b"AZ", b"AY1AZ", b"|AY9AZFFFF|", b"AD|",
    b"\xff", b"\xc3", b"\xc3\xa5", b"a\xcc\x8a", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xef\xbf\xbd",
    "²".encode(), "१".encode(),
)  # fmt: skip
_NUMBERS = (
    b"", b" ", b"    ", b"0", b"-1", b"9999", b"99991231    235959", b"00000000    000000", b"0x7f", b"1_0",
    b"NaN", b"Infinity", b"1e9", b"1e999999999", b"1e-999999999999", b"9" * 40, b"9" * 5_000,
)  # fmt: skip
_DIGITS = re.compile(rb"[0-9]+")
_TRAILER = re.compile(rb"(?:AY[0-9])?AZ[0-9A-Fa-f]{0,4}\Z")


@cache
def corpus() -> tuple[bytes, ...]:
    """Every collected message, and every request and answer that a real Koha was recorded with."""
    vectors = [json.loads(line) for line in _lines(GOLDEN / "sip2" / "vectors.jsonl")]
    found = [vector["raw"].encode(vector["encoding"]) for vector in vectors]
    for record in (json.loads(line) for line in _lines(GOLDEN / "koha" / "sip2.jsonl")):
        for side in ("request", "response"):
            found += [line for line in (record.get(side) or "").encode("latin-1").splitlines() if line]
    return tuple(dict.fromkeys(found))


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _below(limit: int, dice: random.Random) -> int:
    # Much faster than randrange, and even enough for this.
    return int(dice.random() * limit)


def _one(things: Sequence[T], dice: random.Random) -> T:
    return things[_below(len(things), dice)]


def flip_a_bit(frame: bytes, dice: random.Random) -> bytes:
    at = _below(len(frame), dice)
    return frame[:at] + bytes([frame[at] ^ (1 << _below(8, dice))]) + frame[at + 1 :]


def replace_a_byte(frame: bytes, dice: random.Random) -> bytes:
    at = _below(len(frame), dice)
    return frame[:at] + bytes([_below(256, dice)]) + frame[at + 1 :]


def cut_out(frame: bytes, dice: random.Random) -> bytes:
    start, end = _span(frame, dice)
    return frame[:start] + frame[end:]


def say_twice(frame: bytes, dice: random.Random) -> bytes:
    start, end = _span(frame, dice)
    return frame[:end] + frame[start:]


def break_off(frame: bytes, dice: random.Random) -> bytes:
    return frame[: _below(len(frame), dice)]


def insert_noise(frame: bytes, dice: random.Random) -> bytes:
    at = _below(len(frame) + 1, dice)
    return frame[:at] + dice.randbytes(1 + _below(8, dice)) + frame[at:]


def insert_something_odd(frame: bytes, dice: random.Random) -> bytes:
    at = _below(len(frame) + 1, dice)
    return frame[:at] + _one(_ODD, dice) + frame[at:]


def shuffle_fields(frame: bytes, dice: random.Random) -> bytes:
    fields = frame.split(b"|")
    dice.shuffle(fields)
    return b"|".join(fields)


def lose_a_delimiter(frame: bytes, dice: random.Random) -> bytes:
    parts = frame.split(b"|")
    at = _below(len(parts), dice)
    return b"|".join(parts[:at]) + b"|".join(parts[at:])


def splice(frame: bytes, dice: random.Random) -> bytes:
    other = _one(corpus(), dice)
    return frame[: _below(len(frame), dice)] + other[_below(len(other), dice) :]


def change_the_code(frame: bytes, dice: random.Random) -> bytes:
    return b"%02d" % _below(100, dice) + frame[2:]


def change_a_number(frame: bytes, dice: random.Random) -> bytes:
    found = list(_DIGITS.finditer(frame))
    if not found:
        return frame
    place = _one(found, dice)
    return frame[: place.start()] + _one(_NUMBERS, dice) + frame[place.end() :]


def _span(frame: bytes, dice: random.Random) -> tuple[int, int]:
    start = _below(len(frame), dice)
    return start, start + 1 + _below(19, dice)


MUTATIONS: tuple[Mutation, ...] = (
    flip_a_bit,
    replace_a_byte,
    cut_out,
    say_twice,
    break_off,
    insert_noise,
    insert_something_odd,
    shuffle_fields,
    lose_a_delimiter,
    splice,
    change_the_code,
    change_a_number,
)


def damaged(dice: random.Random) -> bytes:
    """One frame with one to three injuries, some of them with a right checksum again."""
    frame = _one(corpus(), dice)
    for _ in range(1 + _below(3, dice)):
        frame = _one(MUTATIONS, dice)(frame, dice) or b"9"
    if dice.random() < RECHECKSUMMED:
        frame = with_checksum(frame, _below(10, dice))
    return frame


def with_checksum(frame: bytes, sequence: int) -> bytes:
    """The frame with a trailer that is right."""
    body = _TRAILER.sub(b"", frame) + b"AY%dAZ" % sequence
    return body + checksum(body)
