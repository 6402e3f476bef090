"""The order of reasons in docs/access.md is the code's."""

import re
from pathlib import Path

from meroppet.rules.access import explain
from meroppet.rules.eligibility import ORDER
from meroppet.rules.reasons import LOOKS_THE_SAME, Reason
from tests.unit.meroppet.rules.cases import OPEN, RIGHT

GUIDE = Path(__file__).parents[2] / "docs" / "access.md"
ROW = re.compile(r"^\| (\d+[ab]?) \| `([a-z_]+)` \| (.*?) \|", re.MULTILINE)
BEFORE_THE_RULES = {
    Reason.GRANTED, Reason.OUT_OF_ORDER, Reason.INVALID_CARD, Reason.INVALID_PIN, Reason.EMPTY_PIN, Reason.PIN_TIMEOUT,
    Reason.CANCELLED, Reason.REPEATED_TAP, Reason.INTERRUPTED, Reason.BUSY,
}  # fmt: skip
"""What ends an attempt without any rule being asked."""
OF_PASSES = {Reason.UNKNOWN_CODE, Reason.PASS_EXPIRED, Reason.PASS_USED, Reason.PASS_NOT_NOW}


def test_the_guide_tells_the_rules_in_the_order_in_which_they_are_asked() -> None:
    # Those with a letter are asked only of a door that has an alarm or a fire to speak of.
    told = [row for row in ROW.findall(GUIDE.read_text(encoding="utf-8")) if row[0].isdigit()]
    asked = [finding.rule for finding in explain(OPEN, RIGHT)]

    assert [int(number) for number, _, _ in told] == list(range(1, len(told) + 1))
    # A door counts wrong PINs itself, between its hours and the register.
    assert [rule for _, rule, _ in told if rule != "attempts"] == asked
    assert [rule for _, rule, _ in told][10:23] == list(ORDER)


def test_the_guide_knows_every_reason_a_rule_can_give() -> None:
    told = {
        code
        for _, _, reasons in ROW.findall(GUIDE.read_text(encoding="utf-8"))
        for code in re.findall(r"`(\w+)`", reasons)
    }

    assert told <= {reason.value for reason in Reason}
    missing = set(Reason) - {Reason(code) for code in told | {"facts_incomplete"}} - BEFORE_THE_RULES - OF_PASSES
    assert missing == set()
    assert LOOKS_THE_SAME - {Reason.UNKNOWN_CODE} <= {Reason(code) for code in told}
