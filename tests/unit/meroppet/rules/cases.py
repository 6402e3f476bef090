"""A branch, a patron and a right with nothing against them; each test spoils what it is about."""

from datetime import UTC, date, datetime, timedelta

from meroppet.rules.access import Answer, Site
from meroppet.rules.branch import BranchState, ClockTrust
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import Block, PatronFacts, Policy, Right
from meroppet.rules.pin import PinAnswer

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)

STRICT = Policy(minimum_age=18, categories=frozenset({"ADULT"}), blocks=frozenset(Block), fees_limit_minor=10_000)
FINE = PatronFacts(
    valid=True, birth_date=date(1980, 5, 1), category="ADULT", expires=TOMORROW, fees_minor=0, home="NORA"
)
PERMITTED = Right(permitted=True, valid_until=TOMORROW)
OPEN = Site(now=NOW, today=TODAY, clock=ClockTrust.NTP, state=BranchState.SELF_SERVICE, policy=STRICT)
RIGHT = Answer(pin=PinAnswer.RIGHT, facts=FINE, as_of=NOW, right=PERMITTED)

CARD = CardNumber("21000001")
OTHER_CARD = CardNumber("21000002")
PIN = Pin("1234")
