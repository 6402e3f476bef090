"""From what a device sent to a row that is understood, or why it is not; nothing in a row raises."""

import json
import math
import re
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from meroppet.rules.branch import ClockTrust, knows_the_hour
from meroppet.rules.chain import Entry, Link, link, origin
from meroppet.rules.events import KINDS
from meroppet.wire.journal import BATCH, Row

_EPOCH = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SUBJECT = re.compile(r"([0-9a-f]{32})?")
_BOOT = re.compile(r"[0-9A-Za-z_-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
HIGHEST = 2**62


@dataclass(frozen=True, slots=True)
class Understood:
    """A row the server understands; `wall` is aware."""

    seq: int
    row: Row
    wall: datetime

    @property
    def link(self) -> Link:
        """Its place in the chain."""
        return link_of(self.row)

    def at(self, received: datetime) -> datetime:
        """When it happened: by the device's clock if somebody vouched for it, else when it arrived."""
        return self.wall if knows_the_hour(ClockTrust(self.row.clock)) else received


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A row to keep aside."""

    seq: int
    why: str
    raw: str

    @property
    def link(self) -> Link:
        """Its place in the chain, as far as that can be read."""
        return claim_in(self.raw)


@dataclass(frozen=True, slots=True)
class Push:
    """A request: an epoch, and each of its rows once, by number."""

    epoch: str
    rows: dict[int, Understood | NotUnderstood]

    def before(self, seq: int) -> "Push":
        """What of it comes before a number."""
        return Push(self.epoch, {number: row for number, row in self.rows.items() if number < seq})


def push_in(body: bytes) -> Push | None:
    """What a device pushed, or None if it is no push at all (then nothing in it can even be numbered)."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or set(said) != {"epoch", "rows"}:
        return None
    epoch, raws = said["epoch"], said["rows"]
    if not isinstance(epoch, str) or not is_epoch(epoch):
        return None
    if not isinstance(raws, list) or len(raws) > BATCH or not all(_is_numbered(raw) for raw in raws):
        return None
    rows: dict[int, Understood | NotUnderstood] = {}
    for raw in raws:
        rows.setdefault(raw["seq"], read_row(raw))
    return Push(epoch, rows)


def is_epoch(text: str) -> bool:
    """Whether a text can name a journal."""
    return _EPOCH.fullmatch(text) is not None


def _is_numbered(raw: object) -> bool:
    return isinstance(raw, dict) and type(raw.get("seq")) is int and 1 <= raw["seq"] <= HIGHEST


def read_row(raw: dict[str, Any]) -> Understood | NotUnderstood:
    """A numbered row as it came, understood or not."""
    try:
        row = Row.model_validate(raw)
        wall = datetime.fromisoformat(row.wall)
        why = _objection(row, wall)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return _aside(raw, f"{'.'.join(str(part) for part in first['loc'])}: {first['type']}")
    except ValueError:
        return _aside(raw, "wall: no time")
    return Understood(row.seq, row, wall) if why is None else _aside(raw, why)


def link_of(row: Row) -> Link:
    """A row's place in the chain, and what its contents come to."""
    entry = Entry(row.seq, row.wall, row.monotonic, row.boot, row.clock, row.kind, row.subject, row.detail)
    return link(entry, row.prev, row.hash)


def claim_in(raw: str) -> Link:
    """The place in the chain of a row as it came (JSON). What is no row to this server claims one all the same."""
    said = json.loads(raw)
    try:
        return link_of(Row.model_validate(said))
    except ValidationError:
        prev, claimed, boot, monotonic = (said.get(name) for name in ("prev", "hash", "boot", "monotonic"))
    is_dated = isinstance(boot, str) and isinstance(monotonic, int | float)
    return Link(_hash(prev), _hash(claimed), "", origin(boot, monotonic) if is_dated else "")


def _hash(said: object) -> str:
    return said if isinstance(said, str) and _HASH.fullmatch(said) else ""


def _objection(row: Row, wall: datetime) -> str | None:
    if wall.tzinfo is None:
        return "wall: without a zone"
    if row.clock not in set(ClockTrust):
        return "clock: not known to this server"
    if not math.isfinite(row.monotonic):
        return "monotonic: no number of seconds"
    if _BOOT.fullmatch(row.boot) is None:
        return "boot: no identifier"
    if _SUBJECT.fullmatch(row.subject) is None:
        return "subject: no digest"
    return _objection_to_event(row)


def _objection_to_event(row: Row) -> str | None:
    event = KINDS.get(row.kind)
    if event is None:
        return "kind: not known to this server"
    # A newer device may tell more than this server knows; that is kept.
    needed = {field.name for field in fields(event) if field.default is MISSING}
    missing = sorted(needed - set(row.detail))
    if missing:
        return f"detail: without {', '.join(missing)}"
    return None if all("\0" not in value for value in row.detail.values() if isinstance(value, str)) else "detail: NUL"


def _aside(raw: dict[str, Any], why: str) -> NotUnderstood:
    return NotUnderstood(raw["seq"], why[:200], json.dumps(raw))
