"""What is said of a branch at a moment, the rule that said so, and the rules it beat; values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import Level, Texts


class RuleKind(StrEnum):
    """Where in a schedule a rule stands."""

    WEEK = "week"
    SEASON = "season"
    HOLIDAY = "holiday"
    HOST = "host"
    EXCEPTION = "exception"
    ORDER = "order"
    HORIZON = "horizon"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a schedule. `id` is a season's, a holiday's key, an exception's or an order's; else empty."""

    kind: RuleKind
    id: str = ""
    level: Level = Level.BRANCH
    reasons: Texts = ()

    def __str__(self) -> str:
        """The rule as it is printed and stored: week, season:summer, exception:consortium:system-change."""
        wide = self.kind in {RuleKind.EXCEPTION, RuleKind.ORDER}
        return ":".join(part for part in (self.kind.value, self.level.value if wide else "", self.id) if part)


@dataclass(frozen=True, slots=True)
class Answer:
    """The state at a moment, the rule that made it so, and those it beat, strongest first.

    `beneath` is what staffed hours are until somebody of the staff has come (where first_person_in); else the state.
    `listed_only`: an event for those on its rule's list.
    """

    state: BranchState
    rule: Rule
    beaten: tuple[Rule, ...] = ()
    beneath: BranchState = BranchState.CLOSED
    listed_only: bool = False


def others(winner: Rule, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules in their order, each once, without the one that won."""
    found: list[Rule] = []
    for rule in rules:
        if rule != winner and rule not in found:
            found.append(rule)
    return tuple(found)
