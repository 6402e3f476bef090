"""Where a request arrives at the demo register, and how that register writes dates, texts and institutions there."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto

from meroppet.ils.acs_dialects import Dialect
from meroppet.ils.library import Library
from meroppet.sip2.fields import minor_units, timestamp
from meroppet.sip2.messages import RawMessage

Pairs = list[tuple[str, str]]


class NoAnswer(Enum):
    """A request that gets no answer of its own."""

    UNREADABLE = auto()
    """As if a line had been damaged: 96."""
    HANDLER_DIED = auto()
    """The connection is closed without a word."""


Outcome = RawMessage | NoAnswer


@dataclass(frozen=True, slots=True)
class Desk:
    """The library, the branch the account stands for, its dialect, and the time on the wall there."""

    library: Library
    branch: str
    dialect: Dialect
    now: datetime
    stamp: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stamp", timestamp(self.now, self.dialect.zone))

    @property
    def institution(self) -> tuple[str, str]:
        """AO."""
        return "AO", self.branch + self.dialect.institution_suffix

    @property
    def location(self) -> str:
        """AN: where the terminal stands."""
        return self.branch + self.dialect.location_suffix

    def text(self, words: str) -> str:
        """Words as the dialect writes them."""
        return words.replace(self.dialect.form.delimiter, self.dialect.escaped_delimiter).replace("\r", " ")

    def due(self, day: date | None) -> str:
        """AH."""
        return day.strftime(self.dialect.due_format) if day is not None else ""

    def amount(self, minor: int) -> str:
        """BV: Koha writes no decimals that are zero."""
        return f"{minor / 100:g}" if self.dialect.is_koha else minor_units(minor)

    def language(self, request: RawMessage) -> str:
        """The three characters of the language of an answer."""
        return self.dialect.language or request.fixed_field("language")

    def printed(self, words: str) -> Pairs:
        """A screen message, on paper too where that is the dialect's way."""
        if not words:
            return [("AF", ""), ("AG", "")] if self.dialect.screen.is_printed else []
        return [("AF", self.text(words))] + ([("AG", self.text(words))] if self.dialect.screen.is_printed else [])
