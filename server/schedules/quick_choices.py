"""What the quick actions are, which of them make sense at a moment, and the reasons offered for each. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from meroppet.rules.branch import OPEN, BranchState
from meroppet.rules.exceptions import Level, Order, Texts
from meroppet.rules.hours import Hours
from meroppet.rules.provenance import Rule, RuleKind
from meroppet.texts.patron import N_
from server.schedules.quick_effects import rest_of_today

LONGEST_REASON = 200
OTHER = "other"
"""The reason that is typed."""


class Quick(StrEnum):
    """A quick action, as it stands in addresses."""

    CLOSE = "close"
    EXTEND = "extend"
    TONIGHT = "tonight"
    REOPEN = "reopen"


REASONS: dict[Quick, tuple[tuple[str, str], ...]] = {
    Quick.CLOSE: (
        ("brief", N_("Temporarily closed")),
        ("fault", N_("A technical fault")),
        ("ill", N_("Illness among the staff")),
        ("safety", N_("For everybody's safety")),
    ),
    Quick.EXTEND: (
        ("longer", N_("Open longer today")),
        ("event", N_("An event in the library")),
    ),
    Quick.TONIGHT: (
        ("staffed_only", N_("No self-service tonight")),
        ("event", N_("An event in the library")),
        ("fault", N_("A technical fault")),
    ),
    Quick.REOPEN: (
        ("open", N_("Open again")),
        ("mistake", N_("It was a mistake")),
    ),
}
"""The first is chosen already, so that two taps are enough; said to the public in each of its languages."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: `texts` for the public, `why` as the history keeps it."""

    texts: Texts
    why: str


def reason_given(action: Quick, key: str, typed: str, say: Mapping[str, Callable[[str], str]]) -> Reason:
    """The reason chosen or typed; the action's first where neither says anything. `say`: a translator a language.

    What is typed is said as it stands in every language: it is not ours to translate.
    """
    words = " ".join(typed.split())[:LONGEST_REASON]
    if key == OTHER and words:
        return Reason(tuple((lang, words) for lang in say), words)
    offered = dict(REASONS[action])
    sentence = offered.get(key) or REASONS[action][0][1]
    texts = tuple((lang, translate(sentence)) for lang, translate in say.items())
    return Reason(texts, texts[0][1])


def possible(hours: Hours, now: datetime) -> tuple[Quick, ...]:
    """What can sensibly be done now, the most urgent first."""
    state = hours.state_at(now).state
    rest = rest_of_today(hours, now)
    found = []
    if own_orders(hours.schedule.orders, now):
        found.append(Quick.REOPEN)
    if state is not BranchState.EMERGENCY_CLOSED:
        found.append(Quick.CLOSE)
    if any(span.state in OPEN for span in rest):
        found.append(Quick.EXTEND)
    if any(span.state is BranchState.SELF_SERVICE for span in rest):
        found.append(Quick.TONIGHT)
    return tuple(found)


def own_orders(orders: Iterable[Order], now: datetime) -> list[Order]:
    """The branch's own orders that hold: those it can take back."""
    own = (order for order in orders if order.level is Level.BRANCH and order.start <= now)
    return [order for order in own if order.end is None or now < order.end]


def closed_from_above(hours: Hours, now: datetime) -> Rule | None:
    """The order or exception of somebody wider that keeps the branch closed now, if one does."""
    answer = hours.state_at(now)
    if answer.state in OPEN:
        return None
    if answer.rule.kind is RuleKind.EXCEPTION and answer.rule.level is not Level.BRANCH:
        return answer.rule
    orders = (rule for rule in (answer.rule, *answer.beaten) if rule.kind is RuleKind.ORDER)
    return next((rule for rule in orders if rule.level is not Level.BRANCH), None)
