"""The SIP2 codec beside two others, and beside what Python needs to split the bytes: interleaved, in CPU time.

The machine may be busy with other things, so rounds are short and take turns, and the best round of each counts.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import pysip2.codec
from Sip2.sip2 import Sip2  # type: ignore[import-untyped]

from meroppet.sip2 import requests
from meroppet.sip2.codec import TextCoding, decode, encode
from meroppet.sip2.messages import Checksum, RawMessage, build
from tests.bench.figures import Figure, progress

ROUNDS, CALLS = 300, 50
CODING = TextCoding("utf-8")
AT = datetime(2026, 11, 21, 22, 34, 38, tzinfo=UTC)
_DATE = "20261121    223438"
_COUNTS = {f"{name}_count": "0002" for name in ("hold", "overdue", "charged", "fine", "recall", "unavailable")}

PATRON = build(
    "64",
    {"patron_status": "", "language": "006", "transaction_date": _DATE} | _COUNTS,
    [
        ("AO", "HUS"), ("AA", "2000000001"), ("AE", "Åsa Öberg"), ("BZ", "0010"), ("CA", "0000"), ("CB", "0020"),
        ("BL", "Y"), ("CQ", "Y"), ("BH", "SEK"), ("BV", "25.00"), ("CC", "500.00"), ("AS", "30000000000001"),
        ("AS", "30000000000002"), ("AU", "30000000000011"), ("AU", "30000000000012"), ("AU", "30000000000013"),
        ("BD", "Storgatan 1, 722 12 Västerås"), ("BE", "asa.oberg@example.org"), ("BF", "021-390000"),
        ("AF", "Hej Åsa, välkommen till biblioteket"),
    ],
)  # fmt: skip
LOAN = build(
    "12",
    {"ok": "1", "renewal_ok": "N", "magnetic_media": "U", "desensitize": "Y", "transaction_date": _DATE},
    [
        ("AO", "HUS"), ("AA", "2000000001"), ("AB", "30000000000011"), ("AJ", "Gösta Berlings saga / Selma Lagerlöf"),
        ("AH", "20261219    235900"), ("CI", "N"), ("CK", "001"), ("CH", ""), ("BK", "123456"), ("BH", "SEK"),
        ("AF", "Återlämnas 2026-12-19"),
    ],
)  # fmt: skip

Work = Callable[[], object]


def figures() -> Iterator[Figure]:
    """Microseconds for each message and each way, ours beside each of the others'."""
    terminal = _terminal()
    for message in (PATRON, LOAN):
        yield from _decoding(message, terminal)
        yield from _encoding(message)
    yield from _asking(terminal)


def _decoding(message: RawMessage, terminal: Sip2) -> Iterator[Figure]:
    frame = encode(message, CODING, sequence=3)
    parse = {"64": terminal.sip_patron_information_response, "12": terminal.sip_checkout_response}[message.code]

    def by_sip2() -> object:
        text = frame.decode("utf-8")
        return terminal._crc_verify(text) and parse(text)

    work: dict[str, Work] = {
        "ours": lambda: decode(frame, CODING),
        "pysip2": lambda: pysip2.codec.decode_message(frame, encoding="utf-8"),
        "sip2 1.1": by_sip2,
        "bytes.split": lambda: frame.split(b"|"),
    }
    assert decode(frame, CODING).checksum is Checksum.VALID
    taken = _taken(f"decoding {message.code}, {len(frame)} bytes", work)
    yield _figure(f"decode {message.code}, checksum and text", taken, "pysip2", 1 / 3 if message is PATRON else 1.0)
    yield _figure(f"decode {message.code}, checksum and text", taken, "sip2 1.1", 1.0)
    yield _figure(f"decode {message.code}, checksum and text", taken, "bytes.split", 60.0)


def _encoding(message: RawMessage) -> Iterator[Figure]:
    frame = encode(message, CODING, sequence=3)
    theirs = pysip2.codec.decode_message(frame, encoding="utf-8").message
    work: dict[str, Work] = {
        "ours": lambda: encode(message, CODING, sequence=3),
        "pysip2": lambda: pysip2.codec.encode_message(theirs, sequence_number=3, checksum=True, encoding="utf-8"),
    }
    taken = _taken(f"encoding {message.code}", work)
    yield _figure(f"encode {message.code}", taken, "pysip2", 1.0)


def _asking(terminal: Sip2) -> Iterator[Figure]:
    """What sip2 1.1 can write are requests; ours are made from the same plain values."""
    work: dict[str, Work] = {
        "ours": lambda: encode(requests.patron_information(AT, "HUS", "2000000001", "1234"), CODING, sequence=3),
        "sip2 1.1": lambda: terminal.sip_patron_information_request("none"),
    }
    yield _figure("make and encode a request 63", _taken("making 63", work), "sip2 1.1", 1.0)
    work = {
        "ours": lambda: encode(requests.checkout(AT, "HUS", "2000000001", "30000000000011"), CODING, sequence=3),
        "sip2 1.1": lambda: terminal.sip_checkout_request("30000000000011"),
    }
    yield _figure("make and encode a request 11", _taken("making 11", work), "sip2 1.1", 1.0)


class _QuietSip2(Sip2):  # type: ignore[misc]
    def __del__(self) -> None:
        """Theirs prints that it is gone."""


def _terminal() -> Sip2:
    terminal = _QuietSip2()
    terminal.log = logging.getLogger("bench.sip2")
    terminal.log.addHandler(logging.NullHandler())
    terminal.log.propagate = False
    terminal.institutionId, terminal.patron, terminal.patronpwd = "HUS", "2000000001", "1234"
    return terminal


def _taken(words: str, work: Mapping[str, Work]) -> dict[str, float]:
    """Microseconds a call."""
    progress(words)
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, call in work.items():
            begun = time.process_time()
            for _ in range(CALLS):
                call()
            best[name] = min(best[name], (time.process_time() - begun) / CALLS * 1e6)
    return best


def _figure(name: str, taken: Mapping[str, float], other: str, share: float) -> Figure:
    """The goal is a share of what the other needs."""
    return Figure(f"{name} ({other})", taken["ours"], "µs", taken[other] * share, taken[other], other)


if __name__ == "__main__":
    from tests.bench.figures import table

    sys.stdout.write(table(list(figures())) + "\n")
