"""Lists of deviating days as libraries publish them, read line by line: the days, and what is said of them. Pure.

Such as "Trettondagsafton 5 januari kl. 10–15", "24–26 december stängt", "2026-12-31 bemannat 10-14", "24/12, 31/12".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from meroppet.rules.exceptions import Content
from meroppet.texts.patron import N_
from server.schedules.day_texts import Days, days_in
from server.schedules.phrases import Phrase, phrase_in
from server.schedules.sentences import NotUnderstood, Sentence

_MONTHS = (
    r"(?:jan(?:uari|uary)?|feb(?:ruari|ruary)?|mar(?:s|ch)?|apr(?:il)?|maj|may|jun[ie]?|jul[iy]?|aug(?:usti|ust)?"
    r"|sept?(?:ember)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-zåäö])\.?"
)
_WEEKDAY = r"(?:\b(?:mån|tis|ons|tors|tor|fre|lör|sön)(?:dag(?:en)?)?\b\.?,? *(?:den )?)?"
_ORDINAL = r"(?::[ae]|\.|st|nd|rd|th)?"
_DATE = re.compile(
    rf"{_WEEKDAY}(?<![0-9])(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9])"
    r"|[0-9]{1,2}/[0-9]{1,2}(?:[/ -]20[0-9]{2})?(?![0-9/])"
    rf"|[0-9]{{1,2}}{_ORDINAL}\s*{_MONTHS}(?:[ ,]+20[0-9]{{2}}(?![0-9]|\s*[-–.:]\s*[0-9]))?)",
    re.IGNORECASE,
)
_SHARED = re.compile(
    rf"(?<![0-9/-])([0-9]{{1,2}}){_ORDINAL}\s*(-|–|till|to|och|and)\s*([0-9]{{1,2}}){_ORDINAL}\s*"
    rf"(/[0-9]{{1,2}}(?![0-9])|{_MONTHS})",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"(?<![0-9])(?<![0-9][ .])(?<!:[ae] )(?<!\. )\b"
    rf"({_MONTHS})\s+([0-9]{{1,2}})(?:st|nd|rd|th)?(?:\s*[-–]\s*([0-9]{{1,2}}))?"
    rf"(?![0-9:./]|\s*{_MONTHS})",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:--?|–|—|till|t\.o\.m\.|tom|to)\s*(?:och med\s*)?", re.IGNORECASE)
_ORDINALS = re.compile(r"(?<=[0-9])(?::a|\.(?= *[a-z])|st|nd|rd|th)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DatedLine:
    """Days first–last and what the line said of them: nothing, or contents."""

    first: date
    last: date
    contents: tuple[Content, ...] = ()
    notes: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line that could not be meant, and why."""

    line: str
    why: Sentence


@dataclass(frozen=True, slots=True)
class DatedLines:
    """What a list of dates came to."""

    found: tuple[DatedLine, ...]
    unread: tuple[UnreadLine, ...]


def dates_in(text: str, today: date) -> DatedLines:
    """Every line's days. A date without a year is the next such day, today included."""
    found: list[DatedLine] = []
    unread: list[UnreadLine] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        try:
            found += _of_line(line, today)
        except NotUnderstood as wrong:
            unread.append(UnreadLine(line, wrong.sentence))
    return DatedLines(tuple(found), tuple(unread))


def _of_line(line: str, today: date) -> list[DatedLine]:
    said = _SHARED.sub(_both, _MONTH_FIRST.sub(_day_first, line))
    tokens = list(_DATE.finditer(said))
    if not tokens:
        raise NotUnderstood(N_("“%(text)s”: no date was found; write it like 24 december stängt"), text=line)
    days = [days_in(part, today) for part in _parts(said, tokens)]
    before, after = said[: tokens[0].start()], said[tokens[-1].end() :].strip(" :,;–-")
    phrase = _phrase(before, after, line)
    return [_line(found, phrase) for found in days]


def _phrase(before: str, after: str, line: str) -> Phrase:
    if after:
        return _not_only_alone(phrase_in(after), line)
    try:
        return _not_only_alone(phrase_in(before.strip(" :,;–-")), line)
    except NotUnderstood:
        # What stands before a date is the holiday's name, more often than not.
        return Phrase()


def _not_only_alone(phrase: Phrase, line: str) -> Phrase:
    if phrase.only_alone:
        raise NotUnderstood(N_("“%(text)s”: write the hours too, such as meröppet 8–20"), text=line)
    return phrase


def _line(days: Days, phrase: Phrase) -> DatedLine:
    return DatedLine(days.first, days.last, phrase.contents, (phrase.note,) if phrase.note else ())


def _day_first(matched: re.Match[str]) -> str:
    until = f"–{matched[3]}" if matched[3] else ""
    return f"{matched[2]}{until} {matched[1]}"


def _both(matched: re.Match[str]) -> str:
    # 24–26 december and 24-26/12 say the month once for two days.
    month = matched[4] if matched[4].startswith("/") else f" {matched[4]}"
    between = "," if matched[2].lower() in {"och", "and"} else "–"
    return f"{matched[1]}{month} {between} {matched[3]}{month}"


def _parts(line: str, tokens: list[re.Match[str]]) -> Iterator[str]:
    """Each day or range of days, as `days_in` reads it."""
    at = 0
    while at < len(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following and _RANGE.fullmatch(line[tokens[at].end() : following.start()]):
            yield f"{_plain(tokens[at][0])} - {_plain(following[0])}"
            at += 2
        else:
            yield _plain(tokens[at][0])
            at += 1


def _plain(text: str) -> str:
    return re.sub(r"(?<=[0-9])(?=[a-zåäö]{3})", " ", _ORDINALS.sub("", text).replace(",", ""))
