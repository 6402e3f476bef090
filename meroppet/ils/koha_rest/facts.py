"""From Koha's JSON to facts about a patron; pure, any shape, and in doubt against the patron."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from meroppet.ils.koha_rest.site import EntryAttribute
from meroppet.rules.eligibility import PatronFacts

Row = Mapping[str, object]

_LARGEST_SUM = 10**9


@dataclass(frozen=True, slots=True)
class KohaPatron:
    """A patron's record that can be believed; debts are not in it."""

    patron_id: int
    card: str = field(repr=False)
    userid: str | None = field(repr=False)
    name: str | None = field(repr=False)
    facts: PatronFacts = field(repr=False)
    wrong_pins: int
    updated_on: datetime | None = None

    def is_locked(self, limit: int | None) -> bool:
        """Whether Koha refuses every PIN: too many wrong ones, or locked by staff, which it writes as -1 [src]."""
        return self.wrong_pins < 0 or (limit is not None and self.wrong_pins >= limit > 0)


def read_patron(row: Row, may_enter: EntryAttribute | None = None) -> KohaPatron | None:
    """The patron of a record, or None where it says too little to decide on.

    Newer Kohas answer with nulls about patrons whom the API user's library may not see [src]: a null `restricted` is
    such a record, never a patron without restrictions.
    """
    patron_id, card = number(row, "patron_id"), text(row, "cardnumber")
    restricted, lost, astray = (_flag(row, key) for key in ("restricted", "patron_card_lost", "incorrect_address"))
    told_expiry, attempts = row.get("expiry_date"), row.get("login_attempts")
    expires = _day(told_expiry)
    if patron_id is None or card is None or not isinstance(row.get("restricted"), bool):
        return None
    if lost is None or astray is None or (told_expiry is not None and expires is None):
        return None
    # Over SIP2 a patron without a valid address is blocked in every respect [rec]; so here too.
    kept_out = bool(restricted) or astray
    return KohaPatron(
        patron_id,
        card,
        text(row, "userid"),
        " ".join(part for part in (text(row, "firstname"), text(row, "surname")) if part) or None,
        PatronFacts(
            valid=True,
            birth_date=_day(row.get("date_of_birth")),
            category=text(row, "category_id"),
            expires=expires,
            lost=lost,
            debarred=kept_out or not _is_let_in(row, may_enter),
            blocked_from_borrowing=kept_out or lost,
            home=text(row, "library_id"),
        ),
        attempts if type(attempts) is int else 0,
        moment(row.get("updated_on")),
    )


def _is_let_in(row: Row, rule: EntryAttribute | None) -> bool:
    if rule is None:
        return True
    told = row.get("extended_attributes")
    if not isinstance(told, list):
        return False
    ours = [one.get("value") for one in told if isinstance(one, dict) and one.get("type") == rule.type]
    return any(isinstance(value, str) and value in rule.values for value in ours)


def read_balance(body: object) -> int | None:
    """What /account says is owed, in hundredths; a credit is no debt. None where it does not say."""
    told = body.get("balance") if isinstance(body, dict) else None
    if isinstance(told, bool) or not isinstance(told, int | Decimal) or not -_LARGEST_SUM < told < _LARGEST_SUM:
        return None
    return max(0, int((Decimal(told) * 100).to_integral_value(ROUND_HALF_UP)))


def text(row: Row, key: str) -> str | None:
    """A string that says something, or None."""
    told = row.get(key)
    return told.strip() or None if isinstance(told, str) else None


def number(row: Row, key: str) -> int | None:
    """A whole number that is not negative, or None; true is no number."""
    told = row.get(key)
    return told if type(told) is int and told >= 0 else None


def moment(told: object) -> datetime | None:
    """A time with its zone (RFC 3339), or None."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _flag(row: Row, key: str) -> bool | None:
    # Unset columns are null in newer Kohas [src]; whether the whole record is blanked is told by `restricted`.
    told = row.get(key, "absent")
    return False if told is None else told if isinstance(told, bool) else None


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
