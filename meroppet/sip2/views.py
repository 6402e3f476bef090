"""What an answer says, by name: typed views over raw messages that never raise, whatever odd values stand in them."""

from dataclasses import dataclass
from datetime import date

from meroppet.sip2.fields import BX_ORDER, read_count, read_date, read_flag, read_minor_units
from meroppet.sip2.messages import RawMessage


@dataclass(frozen=True, slots=True)
class PatronView:
    """24 and 64."""

    raw: RawMessage

    @property
    def card(self) -> str | None:
        return self.raw.first("AA")

    @property
    def name(self) -> str | None:
        return self.raw.first("AE") or None

    @property
    def is_valid(self) -> bool | None:
        """BL; None where it is missing or empty."""
        return read_flag(self.raw.first("BL"))

    @property
    def pin_is_right(self) -> bool | None:
        """CQ; None where it is missing or empty, which never means yes."""
        return read_flag(self.raw.first("CQ"))

    @property
    def flags(self) -> frozenset[int]:
        """The positions of patron status that are set; anything but a blank, N or 0 counts as set."""
        status = self.raw.fixed_field("patron_status")
        return frozenset(position for position, mark in enumerate(status) if mark not in " N0")

    @property
    def fees_minor(self) -> int | None:
        return read_minor_units(self.raw.first("BV"))

    @property
    def messages(self) -> tuple[str, ...]:
        return self.raw.all("AF")

    @property
    def language(self) -> str | None:
        return self.raw.fixed_field("language").strip() or None

    def count(self, name: str) -> int | None:
        """One of hold, overdue, charged, fine, recall, unavailable."""
        return read_count(self.raw.fixed_field(f"{name}_count"))

    def date(self, identifier: str, formats: tuple[str, ...]) -> date | None:
        """A site's own date field."""
        return read_date(self.raw.first(identifier) or "", formats)


@dataclass(frozen=True, slots=True)
class ItemView:
    """18."""

    raw: RawMessage

    @property
    def barcode(self) -> str | None:
        return self.raw.first("AB")

    @property
    def title(self) -> str | None:
        return self.raw.first("AJ") or None

    @property
    def circulation_status(self) -> str:
        """Two digits: 01 other, 03 available, 04 charged, 08 waiting on hold shelf, 10 in transit, 13 missing …"""
        return self.raw.fixed_field("circulation_status")


@dataclass(frozen=True, slots=True)
class LoanView:
    """12 and 30."""

    raw: RawMessage

    @property
    def ok(self) -> bool | None:
        return read_flag(self.raw.fixed_field("ok"))

    @property
    def was_renewal(self) -> bool:
        return read_flag(self.raw.fixed_field("renewal_ok")) is True

    @property
    def card(self) -> str | None:
        return self.raw.first("AA")

    @property
    def barcode(self) -> str | None:
        return self.raw.first("AB")

    @property
    def title(self) -> str | None:
        return self.raw.first("AJ") or None

    @property
    def messages(self) -> tuple[str, ...]:
        return self.raw.all("AF")


@dataclass(frozen=True, slots=True)
class ReturnView:
    """10."""

    raw: RawMessage

    @property
    def ok(self) -> bool | None:
        return read_flag(self.raw.fixed_field("ok"))

    @property
    def alert(self) -> bool:
        return read_flag(self.raw.fixed_field("alert")) is True

    @property
    def barcode(self) -> str | None:
        return self.raw.first("AB")

    @property
    def title(self) -> str | None:
        return self.raw.first("AJ") or None

    @property
    def alert_type(self) -> int | None:
        """CV, written with one, two or three digits: 1 hold here, 2 hold elsewhere, 4 transit, 99 other."""
        return read_count(self.raw.first("CV") or "")

    @property
    def destination(self) -> str | None:
        return self.raw.first("CT") or None

    @property
    def messages(self) -> tuple[str, ...]:
        return self.raw.all("AF")


@dataclass(frozen=True, slots=True)
class AcsStatusView:
    """98; advisory, because registers overstate what they can."""

    raw: RawMessage

    @property
    def institution(self) -> str | None:
        return self.raw.first("AO") or None

    @property
    def library(self) -> str | None:
        return self.raw.first("AM") or None

    @property
    def terminal_location(self) -> str | None:
        return self.raw.first("AN") or None

    @property
    def checkout_ok(self) -> bool | None:
        return read_flag(self.raw.fixed_field("checkout_ok"))

    @property
    def checkin_ok(self) -> bool | None:
        return read_flag(self.raw.fixed_field("checkin_ok"))

    @property
    def messages(self) -> frozenset[str]:
        """Codes of the requests the register says it answers (BX)."""
        marks = self.raw.first("BX") or ""
        return frozenset(code for code, mark in zip(BX_ORDER, marks, strict=False) if mark == "Y")
