"""When an order of staff is not carried out."""

from datetime import timedelta

import pytest

from door_controller.orders import against
from meroppet.rules.branch import ClockTrust
from meroppet.wire.commands import Action, Order
from tests.fakes.clocks import START

ORDER = Order(order="o1", action=Action.OPEN_ONCE, expires=START)


@pytest.mark.parametrize(
    ("seconds", "trust", "reason"),
    [
        (-1, ClockTrust.SIGNED, ""),
        (-1, ClockTrust.RTC, ""),
        (0, ClockTrust.SIGNED, "expired"),
        (1, ClockTrust.SIGNED, "expired"),
        (-1, ClockTrust.NONE, "clock_untrusted"),
    ],
)
def test_an_order_may_not_be_late(seconds: int, trust: ClockTrust, reason: str) -> None:
    assert against(ORDER, START + timedelta(seconds=seconds), trust) == reason
