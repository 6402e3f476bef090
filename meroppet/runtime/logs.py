"""Log lines as `key=value` on standard error, one line each, that nobody's card or title can break out of.

Fields are given as `logger.info("lease ended", extra={"lease": 7})`. What may stand in them is the caller's duty:
no PIN, card number, personnummer or name.
"""

import json
import logging
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TextIO

LONGEST_VALUE = 400
LONGEST_LINE = 2000
TALKATIVE = ("httpx2", "httpcore2")
"""Libraries that log every request: that the link is lost and back are the two lines worth keeping."""

# Everything a LogRecord has of its own; what is beyond these came in `extra`.
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}
# Levels as syslog(3) counts them, for journald's prefix (sd-daemon(3)).
_PRIORITY = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


def configure(level: str = "INFO", *, stream: TextIO | None = None, environ: Mapping[str, str] | None = None) -> None:
    """Send every logger's lines, from `level` on, to standard error; replaces what was configured before."""
    surroundings = os.environ if environ is None else environ
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(KeyValueFormatter(for_journald="JOURNAL_STREAM" in surroundings))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)


class KeyValueFormatter(logging.Formatter):
    """`level=info logger=door msg="lease ended" lease=7`; time in front, or syslog's priority where journald stamps."""

    def __init__(self, *, for_journald: bool = False) -> None:
        super().__init__()
        self._for_journald = for_journald

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        line = " ".join(f"{key}={quoted(value)}" for key, value in self._pairs(record))
        if len(line) > LONGEST_LINE:
            line = line[:LONGEST_LINE] + "…"
        return f"<{_PRIORITY.get(record.levelno, 6)}>{line}" if self._for_journald else line

    def _pairs(self, record: logging.LogRecord) -> Iterator[tuple[str, object]]:
        if not self._for_journald:
            yield "time", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        yield "level", record.levelname.lower()
        yield "logger", record.name
        yield "msg", record.getMessage()
        for key, value in vars(record).items():
            if key not in _OWN:
                yield _bare(key), value
        if record.exc_info and record.exc_info[1] is not None:
            yield from _error(record.exc_info[1])


class Recurring:
    """Something that is tried again and again: its first failure and its recovery are logged, not every try."""

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger = logger
        self._what = what
        self._failures = 0
        self._told: set[str] = set()

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self._failures > 0

    def failed(self, why: str) -> None:
        """Count a failure; the first one, and each new reason up to eight, is logged."""
        self._failures += 1
        if why not in self._told and len(self._told) < 8:
            self._told.add(why)
            self._logger.warning("%s failed", self._what, extra={"why": why})

    def succeeded(self) -> None:
        """End a run of failures, with a line that says how many there were."""
        if self._failures:
            self._logger.info("%s works again", self._what, extra={"failures": self._failures})
        self._failures = 0
        self._told.clear()


def quoted(value: object) -> str:
    """A value as it may stand in a log line: bare if harmless, else in JSON's quotes, what could mislead escaped."""
    text = str(value)
    if len(text) > LONGEST_VALUE:
        text = text[:LONGEST_VALUE] + "…"
    if text and all(character.isalnum() or character in "-_.:/+@,;#%" for character in text):
        return text
    return "".join(_escaped(character) for character in json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    # Control, bidirectional and invisible characters, line separators and lone surrogates: all can forge a line.
    if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"}:
        return f"\\u{ord(character):04x}"
    return character


def _bare(key: str) -> str:
    return "".join(
        character if character.isascii() and (character.isalnum() or character == "_") else "_" for character in key
    )


def _error(error: BaseException) -> Iterator[tuple[str, object]]:
    yield "error", f"{type(error).__name__}: {error}"
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    if frames:
        yield "at", ">".join(frames[-6:])
