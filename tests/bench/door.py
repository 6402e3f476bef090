"""Files and rules of the door: a durable row, and a decision without the network among 300,000 rights."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from demo.consortia import place
from meroppet.device.journal import Journal
from meroppet.device.replica import Replica
from meroppet.device.verifiers import MOST, Verifiers
from meroppet.rules.access import Answer, Site, decide
from meroppet.rules.branch import ClockTrust
from meroppet.rules.credentials import Pin
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.events import AccessGranted, DoorShut
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import SystemClock
from meroppet.wire.changes import RECORD, ChangesReply, RightDocument, Upsert, write_snapshot
from meroppet.wire.convert import policy_to_wire
from meroppet.wire.digests import subject_digest
from meroppet.wire.schedule_convert import pattern_to_wire
from meroppet.wire.schedules import HolidaysDocument
from meroppet.wire.verify import VerifyReply, WireFacts
from tests.bench.figures import Figure, percentile, progress
from tests.fakes.snapshots import install

RIGHTS = 300_000
DECISIONS = 1_000
LEARNED = 200
DELTA = 2_000
PIN = Pin("7391")
ROW = b"x" * 180
"""As long as a journal row."""
WIRE_BYTES = RECORD.size
ROWS = 300
KEY = bytes(range(32))
EVENING = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def durable_rows(folder: Path) -> Iterator[Figure]:
    """A journal row beside a bare append with fdatasync on the same disk."""
    progress(f"{ROWS} durable journal rows, and as many bare appends")
    journal = Journal(folder / "journal.db", SystemClock(), "bench")
    rows = [timed(lambda: journal.append(DoorShut())) for _ in range(ROWS)]
    journal.close()
    bare = _bare_appends(folder / "bare", ROW)
    for percent, goal in ((50, 10.0), (99, 50.0)):
        yield Figure(
            f"durable journal row, p{percent}", percentile(rows, percent), "ms", goal,
            percentile(bare, percent), f"bare append + fdatasync, p{percent}",
        )  # fmt: skip


def _bare_appends(file: Path, row: bytes) -> list[float]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append() -> None:
        os.write(descriptor, row)
        os.fdatasync(descriptor)

    try:
        return [timed(append) for _ in range(ROWS)]
    finally:
        os.close(descriptor)


def offline_decisions(folder: Path) -> Iterator[Figure]:
    """Digest, look up, hours, verdict and a durable row, on a replica as large as a consortium."""
    progress(f"a replica of {RIGHTS:,} rights")
    replica, journal = Replica(folder / "replica"), Journal(folder / "decisions.db", SystemClock(), "bench")
    snapshot = _snapshot()
    loading = timed(partial(_load, replica, snapshot))
    progress(f"{DECISIONS:,} decisions on it")
    decisions = [timed(partial(_decide_durably, replica, journal, number)) for number in range(DECISIONS)]
    yield from _distribution(
        f"decision and durable row among {RIGHTS:,}", decisions, _bare_appends(folder / "rows", ROW)
    )
    learned = asyncio.run(_learned(folder, replica, journal))
    for percent, goal in ((50, 60.0), (99, 60.0)):
        yield Figure(
            f"the same with a learned PIN, p{percent}", percentile(learned, percent), "ms", goal,
            percentile(decisions, percent), f"without a PIN, p{percent}",
        )  # fmt: skip
    yield from _filling(folder, replica, loading)
    replica.close()
    journal.close()


def _distribution(name: str, taken: list[float], bare: list[float]) -> Iterator[Figure]:
    for percent, goal in ((50, 2.0), (99, 20.0)):
        yield Figure(
            f"{name}, p{percent}", percentile(taken, percent), "ms", goal,
            percentile(bare, percent), f"bare append + fdatasync, p{percent}",
        )  # fmt: skip


async def _learned(folder: Path, replica: Replica, journal: Journal) -> list[float]:
    """Milliseconds with as many learned PINs as a door keeps: some learned and recalled, the others filled in."""
    progress(f"{LEARNED} PINs are learned, {MOST:,} kept, then recalled")
    verifiers, taken = Verifiers(folder / "verifiers.db", SystemClock()), []
    reply = VerifyReply(pin=PinAnswer.RIGHT, facts=WireFacts(valid=True), as_of=EVENING, change=1, subject="0" * 32)
    for number in range(LEARNED):
        await verifiers.learn(KEY, subject_digest(KEY, f"{number:014d}"), PIN, reply)
    _fill(folder / "verifiers.db")
    assert await verifiers.count() == MOST
    for number in range(LEARNED):
        begun = time.perf_counter()
        answer, _ = await verifiers.recall(KEY, subject_digest(KEY, f"{number:014d}"), PIN)
        assert answer.pin is PinAnswer.RIGHT
        _decide_durably(replica, journal, number)
        taken.append((time.perf_counter() - begun) * 1000)
    verifiers.close()
    return taken


def _fill(file: Path) -> None:
    """Rows as large as real ones, of cards nobody shows."""
    another = "INSERT INTO learned SELECT ?, key, verifier, sealed, learned FROM learned LIMIT 1"
    with closing(sqlite3.connect(file)) as disk, disk:
        disk.executemany(another, [(f"{number:032x}",) for number in range(MOST - LEARNED)])


def _filling(folder: Path, replica: Replica, loading: float) -> Iterator[Figure]:
    """What it takes on disk, to load whole, and to follow by many changes."""
    written = WIRE_BYTES * RIGHTS
    writing = timed(lambda: (folder / "raw").write_bytes(bytes(written)))
    name = f"{written / 1e6:.0f} MB written"
    yield Figure(f"snapshot of {RIGHTS:,} rights loaded", loading / 1000, "s", 10.0, writing / 1000, name)
    page = ChangesReply(upserts=tuple(_changed(number) for number in range(DELTA)), tombstones=(), next=2)
    delta = timed(partial(_follow, replica, page))
    yield Figure(f"a delta of {DELTA:,} rights applied", delta / 1000, "s", 0.5, loading / 1000, "the whole, loaded")
    size = sum(file.stat().st_size for file in (folder / "replica").iterdir())
    yield Figure(f"replica of {RIGHTS:,} rights on disk", size / 2**20, "MiB", 32.0, written / 2**20, "as sent")


def _follow(replica: Replica, page: ChangesReply) -> None:
    replica.write(page)
    replica.refresh()


def _changed(number: int) -> Upsert:
    right = RightDocument(permitted=False).model_dump(mode="json")
    return Upsert(kind="right", key=subject_digest(KEY, f"{number:014d}"), value=right)


def _load(replica: Replica, snapshot: bytes) -> None:
    install(replica, snapshot)


def _snapshot() -> bytes:
    branch = place("skiljebo").branch
    documents = (
        Upsert(kind="policy", key="-", value=policy_to_wire(branch.policy).model_dump(mode="json")),
        Upsert(kind="holidays", key="-", value=HolidaysDocument().model_dump(mode="json")),
        Upsert(kind="schedule", key="-", value=pattern_to_wire(branch.schedule).model_dump(mode="json")),
    )
    # As the branch's rules ask: who may not come in is decided sooner.
    right = RightDocument(permitted=True, terms="accepted", introduced=True)
    rights = sorted(subject_digest(KEY, f"{number:014d}") for number in range(RIGHTS))
    return write_snapshot(1, documents, ((subject, right) for subject in rights))


def _decide_durably(replica: Replica, journal: Journal, number: int) -> None:
    _decide(replica, number)
    journal.append(AccessGranted(f"attempt-{number}", "cached"))


def _decide(replica: Replica, number: int) -> None:
    hours, policy = replica.hours(), replica.policy()
    assert hours is not None
    assert policy is not None
    today = EVENING.astimezone(hours.zone).date()
    site = Site(
        now=EVENING, today=today, clock=ClockTrust.NTP, state=hours.state_at(EVENING).state, policy=policy
    )  # fmt: skip
    facts = PatronFacts(valid=True, birth_date=today - timedelta(days=40 * 366), category="VUXEN")
    right = replica.right(subject_digest(KEY, f"{number:014d}"))
    verdict = decide(site, Answer(pin=PinAnswer.RIGHT, facts=facts, as_of=EVENING, right=right))
    assert verdict.granted, verdict
