"""The demo's server says of each of its patrons, at each branch, what the cards on the demo's page promise."""

from pathlib import Path
from zoneinfo import ZoneInfo

from demo.consortia import ZONE, Place, places
from demo.people import PEOPLE, Person, number_at
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.eligibility import may_enter
from meroppet.rules.reasons import Reason
from meroppet.rules.weak_pins import is_weak
from server.app import Server, build
from server.db import unscoped
from server.organisations.service import branch
from server.patrons.service import rights_of
from server.policies.service import policy_of
from server.settings import ServerSettings

WATCHING = unscoped("what was seeded is looked at everywhere")


async def _fares(server: Server, place: Place, person: Person) -> Reason:
    """What the server's own data makes of this person at this branch."""
    async with server.database.reading(WATCHING) as session:
        at = await branch(session, place.branch.id)
        assert at is not None
        policy = await policy_of(session, at.id)
        assert policy is not None
        today = server.clock.now().astimezone(at.wall).date()
        number = CardNumber(number_at(person, place.branch))
        known = await rights_of(session, server.keys, at, number, register=place.consortium.id)
    facts = person.facts(today, place.branch)
    reason = may_enter(facts, known.effective if known else None, policy.policy, today)
    weak = reason is Reason.GRANTED and is_weak(Pin(person.pin), facts.birth_date)
    return Reason.WEAK_PIN if weak else reason


async def test_everybody_fares_at_every_branch_as_her_card_says(seeded: Path) -> None:
    server = build(ServerSettings(state_dir=seeded))
    try:
        today = server.clock.now().astimezone(ZoneInfo(ZONE)).date()
        fared = {(p.branch.id, who.id): await _fares(server, p, who) for p in places() for who in PEOPLE}
        promised = {(p.branch.id, who.id): who.at_the_door(p.branch, today) for p in places() for who in PEOPLE}
    finally:
        await server.close()

    assert fared == promised
