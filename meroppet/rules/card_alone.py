"""Whether a card alone is enough where nobody can be asked about its PIN: a choice of the branch, never the default."""

from datetime import timedelta

from meroppet.rules.access import Answer, Site, before_pin
from meroppet.rules.branch import BranchState
from meroppet.rules.eligibility import PatronFacts, each
from meroppet.rules.policy import Policy, WithoutConnection

OF_THE_RIGHT = frozenset({"suspension", "permission", "terms", "introduction"})
"""Rules about what staff and patron have said, which the device knows itself. What the others would ask the register,
the server has asked it, until `Right.facts_ok_until`."""


def opens_alone(site: Site, answer: Answer) -> bool:
    """Whether a patron may come in by a card whose PIN nobody could check; `answer.as_of`: when the server was heard.

    Only where the branch says so and while it is open to the public; with a permission that a person gave, a fresh
    word of the server about this patron, and nothing known here that stands against it.
    """
    policy, right = site.policy, answer.right
    if policy is None or policy.without_connection is not WithoutConnection.CARD_ONLY or before_pin(site) is not None:
        return False
    if right is None or right.permitted is not True or right.facts_ok_until is None:
        return False
    if site.today > right.facts_ok_until or not _is_recent(site, answer, policy):
        return False
    if site.in_force is BranchState.EVENT and site.listed_only and site.invited.isdisjoint(answer.subjects):
        return False
    against = each(PatronFacts(valid=True), right, policy, site.today)
    return _has_room(site, policy) and all(reason is None for name, reason, _ in against if name in OF_THE_RIGHT)


def _is_recent(site: Site, answer: Answer, policy: Policy) -> bool:
    return answer.as_of is not None and abs(site.now - answer.as_of) <= timedelta(hours=policy.facts_ttl_hours)


def _has_room(site: Site, policy: Policy) -> bool:
    return policy.maximum_inside is None or (site.inside is not None and site.inside < policy.maximum_inside)
