"""What an examination finds: one value for each check, in codes and harmless values; nothing here names a patron."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.ils.profiles import SiteProfile


class Judged(StrEnum):
    """What a finding means for a door."""

    GOOD = "good"
    NOTE = "note"
    CAREFUL = "careful"
    UNSAFE = "unsafe"
    FAILED = "failed"
    UNSEEN = "unseen"


class Check(StrEnum):
    """What is looked at, in this order."""

    REACH = "reach"
    ENCRYPTION = "encryption"
    LOGIN = "login"
    STATUS = "status"
    CLOCK = "clock"
    TERMINATOR = "terminator"
    ERROR_DETECTION = "error_detection"
    BAD_CHECKSUM = "bad_checksum"
    REPEAT = "repeat"
    UNKNOWN_CARD = "unknown_card"
    PATRON = "patron"
    CARD_ECHO = "card_echo"
    ENCODING = "encoding"
    ZONE = "zone"
    INSTITUTION = "institution"
    BIRTH_DATE = "birth_date"
    CATEGORY = "category"
    EXPIRES = "expires"
    HOME = "home"
    PERMISSION = "permission"
    OTHER_FIELDS = "other_fields"
    LIMITS = "limits"
    RIGHT_PIN = "right_pin"
    MISSING_PIN = "missing_pin"
    WRONG_PIN = "wrong_pin"
    EMPTY_PIN = "empty_pin"
    LOCK_OUT = "lock_out"
    BLOCKED_PATRON = "blocked_patron"
    ITEM = "item"
    UNKNOWN_ITEM = "unknown_item"
    LOAN = "loan"
    IDLE = "idle"
    LATENCY = "latency"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. `says` is a code for a sentence, into which `values` go; none of them is personal."""

    check: Check
    judged: Judged
    says: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one kind of request was answered."""

    message: str
    times: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything an examination found. `profile` is None where the register could not be talked to at all.

    `seen` are the lines of it that were seen, by their keys in TOML; the others are those of the preset `based_on`.
    `guessed` are those of `seen` that fit the test patron, but might mean something else.
    """

    findings: tuple[Finding, ...]
    paces: tuple[Pace, ...] = ()
    profile: SiteProfile | None = None
    based_on: str = "standard"
    seen: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """True when nothing speaks against a door, and a right and a wrong PIN were both seen to be told apart."""
        bad = any(finding.judged in (Judged.UNSAFE, Judged.FAILED) for finding in self.findings)
        told = {finding.check for finding in self.findings if finding.judged is Judged.GOOD}
        return not bad and {Check.RIGHT_PIN, Check.WRONG_PIN} <= told
