"""Files and rules of the door: a durable row, and a decision without the network among 300,000 rights."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from demo.consortia import place
from meroppet.device.journal import Journal
from meroppet.device.replica import Replica
from meroppet.rules.access import Answer, Site, decide
from meroppet.rules.branch import ClockTrust
from meroppet.rules.eligibility import PatronFacts
from meroppet.rules.events import DoorShut
from meroppet.rules.pin import PinAnswer
from meroppet.runtime.clock import SystemClock
from meroppet.wire.changes import RightDocument, Upsert, write_snapshot
from meroppet.wire.convert import policy_to_wire
from meroppet.wire.digests import subject_digest
from meroppet.wire.schedule_convert import pattern_to_wire
from meroppet.wire.schedules import HolidaysDocument
from tests.bench.figures import Figure, percentile, progress

RIGHTS = 300_000
DECISIONS = 5_000
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
    bare = _bare_appends(folder / "bare", b"x" * 180)
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
    """Digest, look up, hours and verdict, on a replica as large as a consortium."""
    progress(f"a replica of {RIGHTS:,} rights")
    replica = Replica(folder / "replica")
    loading = timed(partial(_load, replica))
    replica.refresh()
    progress(f"{DECISIONS:,} decisions on it")
    decisions = [timed(partial(_decide, replica, number)) for number in range(DECISIONS)]
    digests = [timed(partial(subject_digest, KEY, f"{number:014d}")) for number in range(DECISIONS)]
    replica.close()
    for percent, goal in ((50, 10.0), (99, 50.0)):
        yield Figure(
            f"offline decision among {RIGHTS:,} rights, p{percent}", percentile(decisions, percent), "ms", goal,
            percentile(digests, percent), f"HMAC-SHA256 alone, p{percent}",
        )  # fmt: skip
    writing = timed(lambda: (folder / "raw").write_bytes(bytes(32 * RIGHTS)))
    size = 32 * RIGHTS / 1e6
    yield Figure(
        f"snapshot of {RIGHTS:,} rights made and loaded", loading / 1000, "s", 60.0,
        writing / 1000, f"{size:.0f} MB written",
    )  # fmt: skip


def _load(replica: Replica) -> None:
    replica.install(_snapshot())
    replica.refresh()


def _snapshot() -> bytes:
    branch = place("skiljebo").branch
    documents = (
        Upsert(kind="policy", key="-", value=policy_to_wire(branch.policy).model_dump(mode="json")),
        Upsert(kind="holidays", key="-", value=HolidaysDocument().model_dump(mode="json")),
        Upsert(kind="schedule", key="-", value=pattern_to_wire(branch.schedule).model_dump(mode="json")),
    )
    right = RightDocument(permitted=True)
    rights = sorted(subject_digest(KEY, f"{number:014d}") for number in range(RIGHTS))
    return write_snapshot(1, documents, ((subject, right) for subject in rights))


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
