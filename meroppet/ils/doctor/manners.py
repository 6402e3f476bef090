"""How a register handles the wire: line ends, checksums and repeats, and whether it minds another institution."""

from meroppet.ils.doctor.bench import Bench, Reply
from meroppet.ils.doctor.findings import Check, Judged
from meroppet.ils.doctor.line import Ended
from meroppet.ils.doctor.subject import UNKNOWN_PLACE, Subject
from meroppet.sip2 import requests
from meroppet.sip2.fields import read_flag
from meroppet.sip2.messages import Checksum, RawMessage, build

_NAMES = {b"\r": "CR", b"\r\n": "CR LF", b"\n": "LF"}


def terminator(bench: Bench) -> bytes:
    """The line end the register was heard to use; a line feed seen once was meant."""
    return b"\r\n" if b"\r\n" in bench.terminators else next(iter(sorted(bench.terminators)), b"\r")


def tell_terminator(bench: Bench) -> None:
    """Which line end was heard."""
    seen = terminator(bench)
    bench.found(Check.TERMINATOR, Judged.GOOD, "terminator", name=_NAMES.get(seen, repr(seen)))


async def error_detection(bench: Bench) -> None:
    """Whether answers carry a sequence number and a checksum, after a request that did."""
    if not bench.wants.error_detection:
        bench.found(Check.ERROR_DETECTION, Judged.CAREFUL, "no_error_detection")
        return
    answer = await bench.must(requests.sc_status(), Check.ERROR_DETECTION)
    if answer.checksum is Checksum.ABSENT or answer.sequence is None:
        bench.wants.error_detection = False
        bench.found(Check.ERROR_DETECTION, Judged.CAREFUL, "answers_without_checksum")
        return
    bench.found(Check.ERROR_DETECTION, Judged.GOOD, "error_detection")
    await _bad_checksum(bench)
    await _repeat(bench)


async def _bad_checksum(bench: Bench) -> None:
    data = bench.bytes_of(requests.sc_status())
    body, end = data.rstrip(b"\r\n"), bench.wants.terminator
    spoilt = body[:-1] + (b"0" if body[-1:] != b"0" else b"1") + end
    reply = await bench.ask_bytes(spoilt)
    unfinished = reply.heard.ended is Ended.UNFINISHED and reply.heard.line[:2] == b"96"
    if unfinished or (reply.message is not None and reply.message.code == "96"):
        bench.found(Check.BAD_CHECKSUM, Judged.GOOD, "bad_checksum_seen")
    elif reply.message is not None:
        bench.found(Check.BAD_CHECKSUM, Judged.CAREFUL, "bad_checksum_obeyed")
    else:
        bench.found(Check.BAD_CHECKSUM, Judged.NOTE, "bad_checksum_closes")
    if reply.heard.ended is not Ended.LINE:
        bench.close()


async def _repeat(bench: Bench) -> None:
    answer = await bench.must(requests.sc_status(), Check.REPEAT)
    number = bench.sequence
    data = bench.bytes_of(build("97", {}))
    bench.sequence = number
    reply = await bench.ask_bytes(data)
    if not _is_same(answer, reply):
        bench.found(Check.REPEAT, Judged.NOTE, "no_repeat")
        bench.close()
        return
    assert reply.message is not None  # noqa: S101 (narrowing: it is the same as the answer)
    if reply.message.checksum is Checksum.ABSENT:
        says = "repeats_bare"
    else:
        says = "repeats" if reply.message.sequence == number else "repeats_with_zero"
    bench.found(Check.REPEAT, Judged.GOOD if says == "repeats" else Judged.NOTE, says)


def _is_same(answer: RawMessage, reply: Reply) -> bool:
    repeated = reply.message
    return repeated is not None and repeated.code == answer.code and repeated.fields == answer.fields


async def institution(bench: Bench, subject: Subject) -> bool:
    """Whether another institution in AO is minded: where it is not, the account alone decides the branch."""
    answer = await bench.may(requests.patron_information(bench.now(), UNKNOWN_PLACE, subject.card))
    if answer is not None and read_flag(answer.first("BL")) is True:
        bench.found(Check.INSTITUTION, Judged.NOTE, "institution_ignored")
        return False
    bench.found(Check.INSTITUTION, Judged.NOTE, "institution_minded" if answer is not None else "institution_closes")
    return True
