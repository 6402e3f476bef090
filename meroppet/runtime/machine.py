"""What a device takes from the machine it runs on, beside the clock: files, threads, identifiers, chance and pace.

Handed down from each process's `build`, so that the same code runs on simulated time and a simulated disk (ADR 0019).
"""

import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from meroppet.runtime.clock import SystemClock

Connect = Callable[[Path, float], sqlite3.Connection]
"""Opens the database at a path, with the seconds it waits for another's lock; raises sqlite3.Error."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often things are looked at that nobody announces, in seconds."""

    look_every: float = 1.0
    """A change of hours, policy or clock is seen at every multiple of this of the wall clock."""
    pet_every: float = 1.0
    push_at_least: float = 5.0
    purge_every: float = 3600.0


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine. `executor` gives the thread of a store by its name, `ids` a fresh name of 32 hex digits."""

    connect: Connect
    executor: Callable[[str], Executor]
    ids: Callable[[], str]
    random: Random
    rhythm: Rhythm
    monotonic: Callable[[], float]


def connect(path: Path, waits: float) -> sqlite3.Connection:
    """A database of the file system; whoever uses the connection sees to it that only one thread does at a time."""
    return sqlite3.connect(path, check_same_thread=False, timeout=waits)


def fresh_id() -> str:
    """A name nobody can guess or meet twice."""
    return secrets.token_hex(16)


def one_thread(name: str) -> Executor:
    """One thread that does what it is given, in order."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)


REAL = Machine(connect, one_thread, fresh_id, SystemRandom(), Rhythm(), SystemClock().monotonic)
