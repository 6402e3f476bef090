"""Deviations from a CSV file: a list as libraries publish it (day; what), or the strict columns of docs/hours.md. Pure.

Each line that is not understood is told with its number and a remedy; nothing is guessed without saying so.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    Maintenance,
    NoSelfService,
    NotAfter,
    NotBefore,
    OtherHours,
)
from meroppet.rules.intervals import ALL_DAY, Interval, Window
from meroppet.texts.patron import N_
from server.schedules.day_texts import Days, days_in
from server.schedules.import_rows import MOST_ROWS, Reading, Row, Told, refuse_formula, refused, stamp
from server.schedules.phrases import hours_in, minute_in, phrase_in, with_joined_hours
from server.schedules.sentences import NotUnderstood, Sentence

COLUMNS = ("first", "last", "what", "hours", "reason_sv", "reason_en")
"""The strict form: its first line says so."""
WHAT = (
    "closed", "staffed", "self_service", "self_service_only", "no_self_service", "not_before", "not_after", "event",
    "maintenance",
)  # fmt: skip
_HEADINGS = frozenset({"datum", "dag", "date", "day", "first"})
_LONGEST_LINE = 2_000


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: tuple[str, ...]

    @property
    def text(self) -> str:
        return " | ".join(self.cells)[:120]


def read_csv(text: str, today: date) -> Reading:
    """What the list says; days that have passed are left out, and told."""
    if text.count("\n") > MOST_ROWS + 100:
        return refused(N_("The file has more than %(most)s lines; divide it"), most=MOST_ROWS)
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        return refused(N_("The file is no list in columns (%(why)s); save it as CSV"), why=error)
    has_heading = bool(lines) and _is_heading(lines[0])
    if len(lines) == has_heading:
        return refused(N_("The file holds no lines; write one for each day, such as 2026-12-24;stängt"))
    if has_heading:
        if "what" in _names(lines[0]) or lines[0].cells[0].casefold() == "first":
            return _strict(lines, today)
        lines = lines[1:]
    return _without_twins(_read(lines, today, _free))


def _is_heading(line: _Line) -> bool:
    return line.cells[0].casefold() in _HEADINGS


def _names(line: _Line) -> tuple[str, ...]:
    return tuple(cell.casefold() for cell in line.cells)


def _lines(text: str) -> Iterator[_Line]:
    delimiter = next((mark for mark in "\t;" if mark in text), ",")
    lines = text.splitlines()
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise csv.Error(f"a line has more than {_LONGEST_LINE} characters")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    for cells in reader:
        bare = [cell.strip() for cell in cells]
        while bare and not bare[-1]:
            bare.pop()
        if bare and not bare[0].startswith("#"):
            yield _Line(reader.line_num, tuple(bare))


Read = Callable[[_Line, date], tuple[Row, list[Sentence]]]


def _read(lines: list[_Line], today: date, read: Read) -> Reading:
    rows: list[Row] = []
    wrong: list[Told] = []
    notes: list[Told] = []
    for line in lines:
        try:
            for cell in line.cells:
                refuse_formula(cell)
            row, said = read(line, today)
        except NotUnderstood as error:
            wrong.append(Told(line.number, line.text, error.sentence))
            continue
        if row.days[-1][1] < today:
            said = [Sentence(N_("This has passed and is left out."))]
        elif row.contents or row.only_alone:
            rows.append(row)
        notes += [Told(line.number, line.text, sentence) for sentence in said]
    return Reading(tuple(rows), tuple(wrong), tuple(notes))


def _free(line: _Line, today: date) -> tuple[Row, list[Sentence]]:
    cells = line.cells
    if len(cells) == 1:
        # As it stands on a web page: "Torsdag 24 december: stängt".
        day, colon, said = cells[0].partition(": ")
        cells = (day, said) if colon else cells
    if not 2 <= len(cells) <= 4:
        raise NotUnderstood(
            N_("There are %(count)s columns; write day;what;reason, with semicolons between"), count=len(cells)
        )
    days, phrase = days_in(cells[0], today), phrase_in(cells[1])
    row = _row(line, days, phrase.contents, cells[2:])
    notes = [note for note in (days.note, phrase.note) if note is not None]
    return replace(row, only_alone=phrase.only_alone), notes


def _row(line: _Line, days: Days, contents: tuple[Content, ...], reasons: tuple[str, ...]) -> Row:
    said = tuple((language, text) for language, text in zip(("sv", "en"), reasons, strict=False) if text)
    name = f"list-{stamp(days.first, days.last)}"
    return Row(line.number, name, ((days.first, days.last),), contents, reasons=said)


def _without_twins(reading: Reading) -> Reading:
    """Two lines for the same days in a free list contradict each other, or one of them is not needed."""
    first: dict[str, int] = {}
    wrong = list(reading.wrong)
    for row in reading.rows:
        if row.id in first:
            sentence = Sentence(N_("Line %(line)s says something of the same days; keep one"), {"line": first[row.id]})
            wrong.append(Told(row.line, "", sentence))
        first.setdefault(row.id, row.line)
    return replace(reading, wrong=tuple(sorted(wrong, key=lambda told: told.line)))


def _strict(lines: list[_Line], today: date) -> Reading:
    names = _names(lines[0])
    unknown = next((name for name in names if name not in COLUMNS), None)
    if unknown is not None or len(set(names)) < len(names) or not {"first", "what"} <= set(names):
        return refused(
            N_("The first line names columns that are not known, or not first and what; write %(columns)s"),
            columns=";".join(COLUMNS),
        )

    def read(line: _Line, today: date) -> tuple[Row, list[Sentence]]:
        if len(line.cells) > len(names):
            raise NotUnderstood(
                N_("There are %(count)s columns, the first line names %(named)s; add or remove a separator"),
                count=len(line.cells),
                named=len(names),
            )
        said = {**dict.fromkeys(COLUMNS, ""), **dict(zip(names, line.cells, strict=False))}
        return _of_columns(line, said, today), []

    reading = _read(lines[1:], today, read)
    return _merged(reading)


def _of_columns(line: _Line, said: Mapping[str, str], today: date) -> Row:
    span = f"{said['first']} – {said['last']}" if said["last"] else said["first"]
    days = days_in(span, today)
    if days.note is not None:
        raise NotUnderstood(N_("“%(text)s” is no date; write it like 2026-12-24"), text=said["first"])
    what, hours = said["what"].casefold(), said["hours"]
    row = _row(line, days, (), (said["reason_sv"], said["reason_en"]))
    if what == "self_service_only" and not hours:
        return replace(row, only_alone=True)
    return replace(row, contents=(_content(what, hours),))


def _content(what: str, hours: str) -> Content:
    if what not in WHAT:
        raise NotUnderstood(N_("“%(text)s” is not one of %(known)s"), text=what, known=", ".join(WHAT))
    if what in {"not_before", "not_after"}:
        minute = minute_in(hours)
        return NotBefore(minute) if what == "not_before" else NotAfter(minute)
    if what in _RESTRICTING:
        return _RESTRICTING[what](hours_in(hours) if hours else ALL_DAY)
    if not hours:
        raise NotUnderstood(N_("“%(text)s” needs hours; write them like 10:00-14:00"), text=what)
    window = hours_in(hours)
    if what == "event":
        return Event(window)
    state = BranchState.STAFFED if what == "staffed" else BranchState.SELF_SERVICE
    return OtherHours((Interval(window.start, window.end, state),))


_RESTRICTING: Mapping[str, Callable[[Window], Content]] = {
    "closed": Closed,
    "no_self_service": NoSelfService,
    "maintenance": Maintenance,
}


def _merged(reading: Reading) -> Reading:
    """Lines for the same days are one deviation: its staffed and its self-service hours stand on lines of their own."""
    found: dict[str, Row] = {}
    wrong = list(reading.wrong)
    for row in reading.rows:
        try:
            found[row.id] = _together(found[row.id], row) if row.id in found else row
        except NotUnderstood as error:
            wrong.append(Told(row.line, "", error.sentence))
    return replace(reading, rows=tuple(found.values()), wrong=tuple(sorted(wrong, key=lambda told: told.line)))


def _together(before: Row, row: Row) -> Row:
    if before.only_alone or row.only_alone:
        raise NotUnderstood(N_("Line %(line)s says something of the same days; keep one"), line=before.line)
    return replace(
        before,
        contents=with_joined_hours((*before.contents, *row.contents)),
        reasons=before.reasons or row.reasons,
    )
