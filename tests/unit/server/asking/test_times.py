"""When it was, as people say it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.asking.times import AROUND, when

ZONE = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
"""18.30 in Nora."""


@pytest.mark.parametrize("clock", ["18:05", "18.05", "1805"])
def test_a_time_means_a_quarter_of_an_hour_around_it(clock: str) -> None:
    meant = when("", clock, NOW, ZONE)

    assert meant.at == datetime(2026, 11, 22, 18, 5, tzinfo=ZONE)
    assert (meant.first, meant.last) == (meant.at - AROUND, meant.at + AROUND)


def test_no_time_means_the_whole_day_and_now() -> None:
    meant = when("", "", NOW, ZONE)

    assert meant.at == NOW
    assert meant.first == datetime(2026, 11, 22, tzinfo=ZONE)
    assert meant.last - meant.first == timedelta(days=1)


def test_another_day_without_a_time_is_looked_through_and_asked_at_noon() -> None:
    meant = when("2026-11-20", "", NOW, ZONE)

    assert meant.at == datetime(2026, 11, 20, 12, tzinfo=ZONE)
    assert meant.first == datetime(2026, 11, 20, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "clock"), [("igår", ""), ("2026-02-30", ""), ("", "kvart över"), ("", "24:00"), ("", "7:77")]
)
def test_what_is_no_time_is_refused(day: str, clock: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        when(day, clock, NOW, ZONE)
