"""Journal and lockd, killed a thousand times at random moments: nothing is lost, or twice, or stays open."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from meroppet.device.journal import Journal
from meroppet.runtime.clock import SystemClock
from tests.faults.kills.keeper import Keeper, Notified
from tests.faults.kills.nest import BOOT, LEASE
from tests.faults.lockd.rig import Rig, eventually

KILLS = 1000
LATE, BACK = 0.5, 3.0
LONGEST_LIFE = 0.05


@dataclass
class Site:
    """A strike, its lockd, and somebody who lets people in."""

    rig: Rig
    notified: Notified
    lockd: Keeper
    visits: Keeper
    took: list[float] = field(default_factory=list)
    """How long each start took until it was ready."""

    def start_lockd(self) -> None:
        self.took.append(self.notified.ready(self.lockd.hatch))

    def start_visits(self) -> None:
        since, began = len(self.visits.said), time.monotonic()
        self.visits.hatch()
        self.visits.hears(lambda word: word == "ready", since)
        self.took.append(time.monotonic() - began)


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        rig, notified = Rig(folder), Notified(folder / "notify")
        line = f'line = "virtual:{rig.board.path}"\nsocket = "{rig.socket}"\n'
        (folder / "lockd.toml").write_text(line)
        lockd = Keeper("lockd", folder, {"NOTIFY_SOCKET": str(notified.path)})
        made = Site(rig, notified, lockd, Keeper("visits", folder))
        made.start_lockd()
        made.start_visits()
        yield made
        made.visits.close()
        made.lockd.close()
        notified.close()
        rig.close()


def _killed_at_random(site: Site, draw: random.Random) -> None:
    time.sleep(draw.uniform(0, LONGEST_LIFE))
    who = draw.choice(("visits", "visits", "lockd", "lockd", "both"))
    if who != "lockd":
        site.visits.kill()
    if who != "visits":
        site.lockd.kill()
        site.start_lockd()
    if who != "lockd":
        site.start_visits()


def test_a_thousand_kills_lose_nothing_repeat_nothing_and_leave_nothing_open(site: Site) -> None:
    draw = random.Random(6)

    for _ in range(KILLS):
        _killed_at_random(site, draw)
    site.visits.kill()
    eventually(lambda: site.rig.locked, LEASE + LATE)

    told = [word.split() for word in site.visits.said]
    _nothing_is_lost_and_nothing_twice(site.rig.socket.parent / "journal.db", told)
    _nothing_stayed_open(site, told)
    assert max(site.took) <= BACK


def _nothing_is_lost_and_nothing_twice(path: Path, told: list[list[str]]) -> None:
    journal = Journal(path, SystemClock(), BOOT)
    kept = journal._store.run(
        lambda connection: connection.execute(
            "SELECT seq, json_extract(detail, '$.attempt', '$.lease') FROM row ORDER BY seq"
        ).fetchall()
    )
    journal.close()
    promised = {int(seq): visit for kind, seq, visit in (word for word in told if word[0] == "row" and len(word) == 3)}
    at_the_server = {(word[1], word[2], " ".join(word[3:])) for word in told if word[0] == "server"}

    assert len(promised) > KILLS
    assert [seq for seq, _ in kept] == list(range(1, len(kept) + 1))
    assert [seq for seq, visit in promised.items() if visit not in kept[seq - 1][1]] == []
    # The server knows a row by its number: said again it is the same row, and no row has two numbers.
    assert max(Counter(number for _, number, _ in at_the_server).values()) == 1
    assert max(Counter(row for _, _, row in at_the_server).values()) == 1
    assert len({epoch for epoch, _, _ in at_the_server}) == 1


def _nothing_stayed_open(site: Site, told: list[list[str]]) -> None:
    turns = site.rig.board.turns
    open_for = [shut - opened for (opened, was_locked), (shut, _) in pairwise(turns) if not was_locked]
    granted = {word[2] for word in told if word[0] == "row"}

    assert turns[-1][1], "locked in the end"
    assert len(open_for) > KILLS / 4
    assert max(open_for) <= LEASE + LATE
    assert {word[1] for word in told if word[0] == "released"} <= granted
