"""The soak in small; `python -m tests.faults.soak --minutes 30` is the long one."""

from tests.faults.soak.__main__ import told
from tests.faults.soak.soak import soak

SECONDS = 18.0
TEN_TIMES = 10


async def test_visits_without_a_pause_need_no_more_than_the_first_ones() -> None:
    found = await soak(SECONDS, warm=10, idle=0.0)

    print(told(found))
    assert found.load > TEN_TIMES
    assert found.too_much() == []
