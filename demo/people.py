"""The demo's patrons: invented names and numbers, one for every way a visit can end at the door."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from demo.consortia import DemoBranch
from meroppet.rules.credentials import Pin
from meroppet.rules.eligibility import PatronFacts, Right, may_enter
from meroppet.rules.intervals import Window
from meroppet.rules.reasons import Reason
from meroppet.rules.terms import TermsStanding
from meroppet.rules.weak_pins import is_weak
from meroppet.rules.weekly import Weekly

WEEK = timedelta(days=7)
YEAR = timedelta(days=365)
OPEN = Right(permitted=True, terms=TermsStanding.ACCEPTED, introduced=True)
"""What staff have given somebody who has said yes to the agreement and been shown the house."""
DEBT_LIMIT = 100_00
"""Above it the register stops loans (in hundredths)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A patron of the register and her permission; dates are relative so that the demo stays true next year."""

    id: str
    name: str
    about: str
    card: str
    pin: str
    age: int | None = 40
    category: str = "VUXEN"
    expires_in: timedelta = YEAR
    lost: bool = False
    debarred: bool = False
    fees_minor: int = 0
    home: str = ""
    """The register's code of the branch she belongs to, where that is not the one shown."""
    right: Right | None = OPEN
    right_days: int | None = 365
    suspended_days: int | None = None

    def born(self, today: date) -> date | None:
        """The birth date, where the register knows it."""
        return None if self.age is None else years_before(today, self.age)

    def facts(self, today: date, branch: DemoBranch) -> PatronFacts:
        """What the branch's register says of this person today."""
        stopped = self.lost or self.debarred or self.fees_minor > DEBT_LIMIT or self.expires_in < timedelta()
        return PatronFacts(
            valid=True,
            birth_date=self.born(today),
            category=self.category,
            expires=today + self.expires_in,
            lost=self.lost,
            debarred=self.debarred,
            blocked_from_borrowing=stopped,
            fees_minor=self.fees_minor,
            home=self.home or branch.register_code,
        )

    def right_on(self, today: date) -> Right | None:
        """The permission staff have given, with today's dates."""
        if self.right is None:
            return None
        return replace(
            self.right,
            valid_until=None if self.right_days is None else today + timedelta(days=self.right_days),
            suspended_until=None if self.suspended_days is None else today + timedelta(days=self.suspended_days),
        )

    def at_the_door(self, branch: DemoBranch, today: date) -> Reason:
        """How this person fares at a branch with the right PIN in self-service hours."""
        facts = self.facts(today, branch)
        reason = may_enter(facts, self.right_on(today), branch.policy, today)
        weak = reason is Reason.GRANTED and is_weak(Pin(self.pin), facts.birth_date)
        return Reason.WEAK_PIN if weak else reason


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return sentence


PEOPLE = (
    Person("astrid", "Astrid Ek", _("Adult with permission"), "99990000000101", "7305"),
    Person(
        "bengt",
        "Bengt Lind",
        _("Owes 240 kronor"),
        "99990000000202",
        "6483",
        age=67,
        fees_minor=240_00,
    ),
    Person("cleo", "Cleo Sand", _("17 years old"), "99990000000303", "9038", age=17, category="UNG"),
    Person("david", "David Ro", _("12 years old"), "99990000000404", "4926", age=12, category="BARN"),
    Person("elsa", "Elsa Mo", _("No permission yet"), "99990000000505", "5174", right=None),
    Person("farid", "Farid Nur", _("Permission has run out"), "99990000000606", "8259", right_days=-3),
    Person("greta", "Greta Ås", _("Suspended for a month"), "99990000000707", "7961", age=23, suspended_days=30),
    Person("hugo", "Hugo Hed", _("Library card has expired"), "99990000000808", "8605", expires_in=-WEEK),
    Person("ines", "Ines Dal", _("Card reported lost"), "99990000000909", "9270", lost=True),
    Person("jon", "Jon Bäck", _("Blocked in the library system"), "99990000001010", "3862", debarred=True),
    Person("karin", "Karin Vik", _("No birth date in the library system"), "99990000001111", "2749", age=None),
    Person("klass", "Klass 4B", _("Card of a school class"), "99990000001212", "6194", age=30, category="INST"),
    Person(
        "lova",
        "Lova Frost",
        _("16 years old, a guardian has agreed"),
        "99990000001515",
        "8317",
        age=16,
        category="UNG",
        right=replace(OPEN, guardian_consent=True),
    ),
    Person(
        "milo",
        "Milo Berg",
        _("Has not been asked about the agreement"),
        "99990000001616",
        "2963",
        right=replace(OPEN, terms=TermsStanding.NOT_ASKED),
    ),
    Person(
        "nadja",
        "Nadja Holm",
        _("Said no to the agreement"),
        "99990000001717",
        "5708",
        right=replace(OPEN, terms=TermsStanding.DECLINED),
    ),
    Person(
        "olle",
        "Olle Gran",
        _("Has ended the agreement"),
        "99990000001818",
        "9482",
        right=replace(OPEN, terms=TermsStanding.WITHDRAWN),
    ),
    Person(
        "petra",
        "Petra Sjö",
        _("Has had no introduction"),
        "99990000001919",
        "3674",
        right=replace(OPEN, introduced=False),
    ),
    Person("rune", "Rune Lid", _("Belongs to another municipality"), "99990000002020", "7159", home="VNS"),
    Person(
        "saga",
        "Saga Malm",
        _("Guest who approves the use of her card"),
        "99990000002121",
        "4836",
        home="VNS",
        right=replace(OPEN, guest_approved=True),
    ),
    Person("wilma", "Wilma Ask", _("PIN that anybody would guess"), "99990000002222", "1234"),
)

OTHER_BORROWER = Person("maja", "Maja Udd", _("Waits for a book"), "99990000001414", "5813")
"""In the register, but not at the door: the one who has reserved a book and holds another."""


@dataclass(frozen=True, slots=True)
class OddCard:
    """Something held before the reader that is no card of the register's; `reason` is told in the evening."""

    id: str
    name: str
    about: str
    text: str
    reason: Reason
    pin: str = ""


ODD_CARDS = (
    OddCard("stranger", _("Unknown card"), _("No library knows it"), "88880000000001", Reason.UNKNOWN_CARD),
    OddCard("cleaner", _("The cleaner's tag"), _("Opens at 05–07"), "04C1EA4E12A380", Reason.PASS_NOT_NOW, "7093"),
    OddCard("broken", _("Damaged card"), _("Reads as nonsense"), "9999\x00\x1b[31m0001", Reason.INVALID_CARD),
)


CLEANER = next(card for card in ODD_CARDS if card.id == "cleaner")
CLEANING: Weekly = ((Window(5 * 60, 7 * 60),),) * 7
"""When the cleaner's tag opens, also while the branch is closed."""


def years_before(today: date, years: int) -> date:
    """A birthday some weeks ago, so that somebody is exactly this old today."""
    return date(today.year - years, today.month, 1) - timedelta(days=20)


def tag_of(person: Person) -> bytes:
    """The serial number of a person's tag (seven bytes, ISO 14443-3): 04, and the last twelve digits of her card."""
    return bytes.fromhex("04" + person.card[-12:])


def shown_by(person: Person, branch: DemoBranch) -> str | bytes:
    """What this person holds before the branch's reader."""
    return tag_of(person) if branch.shows_tags else person.card


def number_at(person: Person, branch: DemoBranch) -> str:
    """The number the branch's register knows this person by."""
    return tag_of(person).hex().upper() if branch.shows_tags else person.card
