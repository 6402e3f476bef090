"""What an import has understood of a file, and what it has not; with how many bytes and lines a file may have. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from meroppet.rules.exceptions import Content, ExceptionDay, Texts
from meroppet.texts.patron import N_
from server.schedules.sentences import NotUnderstood, Sentence

LARGEST = 256 * 1024
MOST_ROWS = 2_000
MOST_CHARACTERS = 300
"""In one cell or property."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell of a line (1 is the first; 0: of the file): the text there, and a sentence."""

    line: int
    text: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One deviation: an exception's id, its days and their contents, and its public reasons.

    `only_alone`: the usual hours of these days without staff; which those are, the file does not say.
    """

    line: int
    id: str
    days: tuple[tuple[date, date], ...]
    contents: tuple[Content, ...]
    only_alone: bool = False
    reasons: Texts = ()
    title: str = ""

    def exception_days(self) -> tuple[ExceptionDay, ...]:
        """The days as the rules know them; not for `only_alone`."""
        return tuple(ExceptionDay(first=first, last=last, contents=self.contents) for first, last in self.days)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was understood. Where anything is `wrong`, nothing of it may be imported."""

    rows: tuple[Row, ...] = ()
    wrong: tuple[Told, ...] = ()
    notes: tuple[Told, ...] = ()


def refused(says: str, **values: object) -> Reading:
    """A file of which nothing can be read."""
    return Reading(wrong=(Told(0, "", Sentence(says, values)),))


def text_of(data: bytes) -> tuple[str, Sentence | None]:
    """The file's text, and a note where its encoding had to be concluded. Raises NotUnderstood."""
    if len(data) > LARGEST:
        raise NotUnderstood(N_("The file is larger than %(most)s kB; divide it"), most=LARGEST // 1024)
    note = None
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = _windows(data)
        note = Sentence(N_("The file is not UTF-8; read as Windows-1252."))
    if "\x00" in text or not text.strip():
        raise NotUnderstood(N_("The file holds no text; save it as CSV or iCalendar in UTF-8"))
    return text, note


def _windows(data: bytes) -> str:
    # What an old Excel saves, at times with the mark of UTF-8 before it.
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("cp1252")
    except UnicodeDecodeError as error:
        raise NotUnderstood(N_("The file's letters cannot be read; save it as UTF-8")) from error


def refuse_formula(text: str) -> None:
    """Raise NotUnderstood for what a spreadsheet would run as a formula: whoever opens the public list next."""
    if text.startswith(("=", "+", "@", "\t", "\r")) or (text.startswith("-") and len(text) > 1):
        raise NotUnderstood(N_("“%(text)s” is a formula; save the file with values only"), text=text[:40])
    if len(text) > MOST_CHARACTERS:
        raise NotUnderstood(
            N_("“%(text)s …” is longer than %(most)s characters; shorten it"), text=text[:40], most=MOST_CHARACTERS
        )
    if not all(letter.isprintable() or letter in "\n\t" for letter in text):
        raise NotUnderstood(N_("There are characters that cannot be seen; take them out"))


def joined(days: Iterable[date]) -> tuple[tuple[date, date], ...]:
    """Days as stretches without gaps."""
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)


def stamp(first: date, last: date) -> str:
    """Two days as part of an id."""
    return f"{first:%Y%m%d}" if first == last else f"{first:%Y%m%d}-{last:%Y%m%d}"
