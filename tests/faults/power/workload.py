"""What a door's journal goes through, and what anybody was told of it on the way."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

from meroppet.device.journal import Journal
from meroppet.rules.events import AccessGranted, DoorOpened, DoorShut, Event, OrderAnswered
from meroppet.runtime.machine import Machine
from meroppet.wire.journal import JournalReply, JournalRequest, Parked
from tests.fakes.clocks import ManualClock

Tell = Callable[[str], object]
BOOT = "b" * 32
KEPT = timedelta(days=8)
"""Longer than an acknowledged row is kept."""


async def live(path: Path, machine: Machine, tell: Tell, *, sessions: int, writes: int, seed: int) -> None:
    """Some starts of a device: rows written, sent, acknowledged, parked and purged; `tell` hears what was promised."""
    draw, clock = Random(seed), ManualClock()
    for _ in range(sessions):
        journal = Journal(path, clock, BOOT, machine)
        for _ in range(writes):
            await _one(journal, draw, clock, tell)
        journal.close()


async def _one(journal: Journal, draw: Random, clock: ManualClock, tell: Tell) -> None:
    clock.advance(timedelta(seconds=1))
    what = draw.random()
    if what < 0.9:
        subject = draw.randbytes(16).hex()
        event = _event(draw)
        seq = await journal.write(event, subject)
        tell(f"row {seq} {event.kind} {subject}")
    elif what < 0.98:
        sent = await journal.unsent(draw.randrange(1, 20))
        if sent is not None:
            reply = _reply(draw, sent)
            await journal.acked(sent, reply)
            tell(f"acked {reply.acked_through}")
    else:
        clock.advance(KEPT)
        tell("purging")
        await journal.purge()


def _reply(draw: Random, sent: JournalRequest) -> JournalReply:
    parked = tuple(Parked(seq=row.seq, why="odd") for row in sent.rows if draw.random() < 0.05)
    return JournalReply(acked_through=sent.rows[-1].seq, parked=parked)


def _event(draw: Random) -> Event:
    names = [draw.randbytes(16).hex(), draw.randbytes(16).hex()]
    return draw.choice(
        (AccessGranted(names[0], "ils"), DoorOpened(), DoorShut(), OrderAnswered(names[0], "open_once", True))
    )


async def write_on(path: Path, machine: Machine) -> int:
    """The number of one more row, after a start."""
    journal = Journal(path, ManualClock(), BOOT, machine)
    try:
        return await journal.write(DoorShut())
    finally:
        journal.close()
