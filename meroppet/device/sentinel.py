"""Which journal a device keeps, beside its identity: one that is gone or damaged is missed, and its gap is told."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from meroppet.device.identity import sync_folder

FILE = "journal.epoch"


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One epoch: which part of the journal's numbers it has, and the newest number known when it was last written."""

    epoch: str
    part: int
    last: int


def read(file: Path) -> Sentinel | None:
    """What was kept; None if nothing was, and of no known epoch if it cannot be read. Raises OSError."""
    try:
        kept = json.loads(file.read_bytes())
        return Sentinel(str(kept["epoch"]), int(kept["part"]), int(kept["last"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return Sentinel("", 0, 0)


def write(file: Path, sentinel: Sentinel) -> None:
    """Keep it, whole or not at all. Raises OSError."""
    unfinished = file.with_name(f"{file.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(asdict(sentinel), opened)
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(file)
    sync_folder(file.parent)
