"""How fast a register answers each kind of question, and how long it keeps a silent connection."""

from collections.abc import Callable
from statistics import median

from meroppet.ils.doctor.bench import Bench
from meroppet.ils.doctor.draft import Draft
from meroppet.ils.doctor.findings import Check, Judged, Pace
from meroppet.ils.doctor.subject import Subject
from meroppet.ils.profiles import PinMessage
from meroppet.sip2 import requests
from meroppet.sip2.messages import RawMessage

_IDLE_MARGIN = 0.8
_SLOW_SHARE = 0.5
"""Of the time a door gives: what is slower will not always make it."""


async def pace(bench: Bench, subject: Subject, draft: Draft) -> None:
    """Each kind of question a few times; what a door asks is judged."""
    for message, make in _questions(bench, subject, draft):
        measured = await _measured(bench, message, make)
        bench.paces.append(measured)
        _judge(bench, measured)


def _questions(bench: Bench, subject: Subject, draft: Draft) -> list[tuple[str, Callable[[], RawMessage]]]:
    site = bench.account.institution
    asked: list[tuple[str, Callable[[], RawMessage]]] = [("99", requests.sc_status)]
    if subject.item:
        asked.append(("17", lambda: requests.item_information(bench.now(), site, subject.item)))
    if subject.card:
        asked.append(("63", lambda: requests.patron_information(bench.now(), site, subject.card)))
    if draft.pin_message is PinMessage.PATRON_INFORMATION:
        asked.append(("63 + PIN", lambda: requests.patron_information(bench.now(), site, subject.card, subject.pin)))
    if draft.pin_message is PinMessage.PATRON_STATUS:
        asked.append(("23 + PIN", lambda: requests.patron_status(bench.now(), site, subject.card, subject.pin)))
    return asked


async def _measured(bench: Bench, message: str, make: Callable[[], RawMessage]) -> Pace:
    took: list[float] = []
    begun = bench.clock.monotonic()
    while len(took) < bench.patience.most_times and bench.clock.monotonic() - begun < bench.patience.measuring:
        before = bench.clock.monotonic()
        await bench.must(make(), Check.LATENCY)
        took.append((bench.clock.monotonic() - before) * 1000)
    took.sort()
    # The nearest rank: with few measurements p95 is the slowest.
    slowest = took[min(len(took) - 1, int(len(took) * 0.95))]
    return Pace(message, len(took), median(took), slowest)


def _judge(bench: Bench, measured: Pace) -> None:
    door = bench.patience.door * 1000
    values = {
        "message": measured.message,
        "p50": f"{measured.p50_ms:.0f}",
        "p95": f"{measured.p95_ms:.0f}",
        "times": str(measured.times),
        "door": f"{bench.patience.door:g}",
    }
    if measured.p95_ms > door:
        bench.found(Check.LATENCY, Judged.UNSAFE, "too_slow", **values)
    elif measured.p95_ms > door * _SLOW_SHARE:
        bench.found(Check.LATENCY, Judged.CAREFUL, "rather_slow", **values)
    else:
        bench.found(Check.LATENCY, Judged.GOOD, "fast_enough", **values)


async def idle(bench: Bench, seconds: float, draft: Draft) -> None:
    """How long a connection may be silent; waits at most `seconds`."""
    await bench.must(requests.sc_status(), Check.IDLE)
    begun = bench.clock.monotonic()
    if not await bench.is_hung_up_within(seconds):
        bench.found(Check.IDLE, Judged.GOOD, "keeps_idle", seconds=f"{seconds:g}")
        return
    lasted = bench.clock.monotonic() - begun
    draft.idle_seconds = max(1.0, float(int(lasted * _IDLE_MARGIN)))
    bench.close()
    bench.found(Check.IDLE, Judged.NOTE, "hangs_up", seconds=f"{lasted:.0f}", ours=f"{draft.idle_seconds:g}")
