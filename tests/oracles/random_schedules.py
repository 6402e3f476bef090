"""Schedules nobody would write, made from a number: the same number makes the same schedule."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

from meroppet.rules.branch import BranchState
from meroppet.rules.exceptions import (
    Closed,
    Content,
    Event,
    ExceptionDay,
    Level,
    Maintenance,
    MoreHours,
    NoSelfService,
    NotAfter,
    NotBefore,
    Order,
    OrderKind,
    OtherHours,
    ScheduleException,
)
from meroppet.rules.intervals import Day, Interval, Week, Window
from meroppet.rules.schedule import Holiday, HolidayRule, HostDay, HostHours, Schedule, Season, Treatment

STATES = (BranchState.SELF_SERVICE, BranchState.STAFFED)
NIGHT = [*range(0, 241, 15), *range(1380, 1440, 20)]


class Dice:
    """Throws parts of schedules about the days around `about`."""

    def __init__(self, number: int, about: datetime) -> None:
        self._random = Random(number)
        self._about = about

    def schedule(self, zone: str) -> Schedule:
        """A schedule with something of everything, or without."""
        chance = self._random.random
        return Schedule(
            zone,
            self._week(),
            seasons=tuple(self._season(number) for number in range(self._random.randrange(3))),
            holiday_rules=tuple(
                self._holiday_rule(key) for key in self._random.sample("abc", self._random.randrange(4))
            ),
            holidays=tuple(Holiday(self._day(), self._random.choice("abc")) for _ in range(8)),
            host=self._host() if chance() < 0.4 else None,
            exceptions=tuple(self.exception(f"x{number}") for number in range(self._random.randrange(10))),
            orders=tuple(self.order(f"o{number}") for number in range(self._random.randrange(3))),
            known_until=self._day() if chance() < 0.1 else None,
        )

    def exception(self, name: str) -> ScheduleException:
        """An exception about some of the days."""
        first = self._day()
        day = ExceptionDay(
            first=first,
            last=first + timedelta(days=self._random.randrange(5)),
            contents=tuple(self.content() for _ in range(self._random.randint(1, 2))),
            weekdays=frozenset(self._random.sample(range(7), self._random.randint(3, 7))),
        )
        until = self._day() if self._random.random() < 0.2 else None
        return ScheduleException(id=name, level=self._random.choice(tuple(Level)), days=(day,), valid_until=until)

    def content(self) -> Content:
        """One thing an exception says."""
        return self._random.choice((self.restriction, self.opening))()

    def restriction(self) -> Content:
        """One that takes away."""
        make: tuple[Callable[[], Content], ...] = (
            lambda: Closed(self._window()),
            Closed,
            lambda: NotBefore(self._minute() or 1),
            lambda: NotAfter(self._minute() or 1),
            lambda: NoSelfService(self._window()),
            lambda: Maintenance(self._window()),
        )
        return self._random.choice(make)()

    def opening(self) -> Content:
        """One that gives."""
        make: tuple[Callable[[], Content], ...] = (
            lambda: OtherHours(self._hours()),
            lambda: MoreHours(self._hours()),
            lambda: Event(self._window(), self._random.random() < 0.5),
        )
        return self._random.choice(make)()

    def order(self, name: str) -> Order:
        """An order at some minute of these days."""
        start = self._about + timedelta(minutes=self._random.randrange(-5000, 5000))
        end = start + timedelta(minutes=self._random.randrange(1, 3000)) if self._random.random() < 0.8 else None
        kind, level = self._random.choice(tuple(OrderKind)), self._random.choice(tuple(Level))
        return Order(id=name, level=level, kind=kind, start=start, end=end)

    def _minute(self) -> int:
        return self._random.choice(NIGHT) if self._random.random() < 0.5 else self._random.randrange(1440)

    def _window(self) -> Window:
        start = self._minute()
        end = 1440 if self._random.random() < 0.3 else start + self._random.randint(1, 1440)
        return Window(start, max(end, start + 1))

    def _hours(self) -> Day:
        found: list[Interval] = []
        for state in self._random.choices(STATES, k=self._random.randrange(4)):
            window = self._window()
            if all(
                other.state is not state or window.end <= other.start or other.end <= window.start for other in found
            ):
                found.append(Interval(window.start, window.end, state))
        return tuple(found)

    def _week(self) -> Week:
        return tuple(self._hours() for _ in range(7))

    def _day(self) -> date:
        return self._about.astimezone(UTC).date() + timedelta(days=self._random.randrange(-5, 6))

    def _season(self, number: int) -> Season:
        first, last = self._day(), self._day()
        return Season(
            id=f"s{number}", name="", first=(first.month, first.day), last=(last.month, last.day), weekly=self._week(),
            valid_until=self._day() if self._random.random() < 0.2 else None,
        )  # fmt: skip

    def _holiday_rule(self, key: str) -> HolidayRule:
        treatment = self._random.choice(tuple(Treatment))
        has_window = treatment is Treatment.SHORTER or (
            treatment is Treatment.SELF_SERVICE_ONLY and self._random.random() < 0.5
        )
        return HolidayRule(key=key, treatment=treatment, window=self._window() if has_window else None)

    def _host(self) -> HostHours:
        return HostHours(
            name="shop",
            weekly=tuple((self._window(),) for _ in range(7)),
            holidays=tuple((key, (self._window(),)) for key in self._random.sample("abc", 2)),
            days=(HostDay(first=self._day(), last=self._about.date() + timedelta(days=6), windows=(self._window(),)),),
        )
