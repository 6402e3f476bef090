"""A door that fails to start: it waits ever longer, and settings that never worked give way to those that did.

Settings are good once a door has run by them for a minute. Others that fail three times are put aside for the good
ones, until they are changed or the program is another; what cannot be read at all is put aside at once. A process
that was killed while it ran has not failed: a power cut says nothing about settings.
"""

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from door_controller.condition import Past
from door_controller.settings import DoorSettings
from meroppet.device.identity import sync_folder
from meroppet.rules.event import Event
from meroppet.rules.house_events import ConfigRolledBack, ControllerCrashed
from meroppet.runtime.clock import Clock
from meroppet.runtime.settings import SettingsError

logger = logging.getLogger(__name__)

GOOD_AFTER = 60.0
TRIES = 3
LONGEST_PAUSE = 60.0
"""systemd gives a start 90 s (TimeoutStartSec)."""
STARTS, GOOD = "starts.json", "last_good.json"
UNTOLD = "it ended before the door ran, and could not say why"
LAST_GOOD = "last_good"


@dataclass(frozen=True, slots=True)
class Starts:
    """How often starting by these settings and this program has failed in a row, since when, and why last."""

    of: str = ""
    failed: int = 0
    since: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """What to start by, and how long to wait before."""

    settings: DoorSettings
    pause: float
    is_last_good: bool


def pause_before(failed: int) -> float:
    """Seconds to wait after so many failures in a row: none at first, for one who mends it is waiting."""
    return 0.0 if failed < TRIES else min(LONGEST_PAUSE, 2.0 ** min(failed - TRIES + 1, 10))


class LastGood:
    """The starts of one door, kept in its state folder. A disk that fails is logged and keeps no door from starting."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._starts = Starts()
        self._start: Start | None = None

    def begin(self, wanted: DoorSettings | SettingsError, version: str) -> Start:
        """Decide by which settings to start, and count this start as failed until it is known better.

        Raises the SettingsError where nothing good was kept.
        """
        good = self._good()
        if isinstance(wanted, SettingsError):
            if good is None:
                raise wanted
            self._recall(f"{version} {wanted}")
            self._starts = replace(self._starts, why=str(wanted))
            self._start = Start(good, pause_before(self._starts.failed), is_last_good=True)
        else:
            self._recall(f"{version} {_text(wanted)}")
            other = good if good is not None and good != wanted else None
            aside = other if self._starts.failed >= TRIES else None
            self._start = Start(aside or wanted, pause_before(self._starts.failed), is_last_good=aside is not None)
        self._keep(self._failed_once_more(self._starts.why or UNTOLD))
        if self._start.is_last_good:
            logger.error("the last good settings are used", extra={"why": self._starts.why})
        return self._start

    def began(self) -> None:
        """The door runs, or was ended in order: this start has not failed."""
        self._keep(self._starts)

    def failed(self, why: str) -> None:
        """An error ended it."""
        self._keep(self._failed_once_more(why))

    def good(self) -> None:
        """It has run for GOOD_AFTER."""
        if self._start is not None and not self._start.is_last_good:
            self._starts = Starts(self._starts.of)
            if self._good() != self._start.settings:
                self._write(GOOD, _text(self._start.settings))
        self._keep(self._starts)

    def past(self) -> Past:
        """What the server and an installer hear of it."""
        if self._start is None or (not self._starts.failed and not self._start.is_last_good):
            return Past()
        return Past(LAST_GOOD if self._start.is_last_good else "", self._starts.failed, self._starts.why)

    def events(self) -> tuple[Event, ...]:
        """What the journal is told as soon as the door runs; of many failures the 3rd, 10th, 100th and so on."""
        failed, told = self._starts.failed, []
        if failed == TRIES or (failed >= 10 and str(failed).strip("0") == "1"):
            told.append(ControllerCrashed(failed, self._seconds()))
        if self._start is not None and self._start.is_last_good:
            return (*told, ConfigRolledBack(self._starts.why))
        return tuple(told)

    def _recall(self, of: str) -> None:
        digest = hashlib.sha256(of.encode()).hexdigest()
        starts = _starts(self._read(STARTS))
        self._starts = starts if starts.of == digest else Starts(digest)

    def _failed_once_more(self, why: str) -> Starts:
        since = self._starts.since or self._clock.now().isoformat()
        return replace(self._starts, failed=self._starts.failed + 1, since=since, why=why)

    def _seconds(self) -> float:
        # The clock may have been set meanwhile.
        return round(max(0.0, (self._clock.now() - datetime.fromisoformat(self._starts.since)).total_seconds()), 1)

    def _good(self) -> DoorSettings | None:
        kept = self._read(GOOD)
        try:
            return DoorSettings.model_validate(kept) if kept else None
        except ValidationError:
            # Kept by a program that had other settings.
            return None

    def _read(self, name: str) -> dict[str, Any]:
        try:
            kept = json.loads((self._folder / name).read_bytes())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _keep(self, starts: Starts) -> None:
        self._write(STARTS, json.dumps(asdict(starts)))

    def _write(self, name: str, text: str) -> None:
        unfinished = self._folder / f"{name}.new"
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            unfinished.replace(self._folder / name)
            sync_folder(self._folder)
        except OSError as error:
            logger.warning("how the door starts is not stored", extra={"why": error})


def _starts(kept: dict[str, Any]) -> Starts:
    try:
        starts = Starts(str(kept["of"]), int(kept["failed"]), str(kept["since"]), str(kept["why"]))
        if starts.since:
            datetime.fromisoformat(starts.since)
    except (KeyError, TypeError, ValueError):
        return Starts()
    return starts


def _text(settings: DoorSettings) -> str:
    return json.dumps(settings.model_dump(mode="json"), sort_keys=True)
