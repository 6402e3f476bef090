"""When a branch is open, and why: one schedule, and what it says at any moment, exact over daylight saving."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from meroppet.rules.branch import BranchState
from meroppet.rules.day_book import DayBook
from meroppet.rules.day_plan import Plan, plan_of, restricted
from meroppet.rules.day_rules import Cut, DayRules
from meroppet.rules.exceptions import Order, OrderKind
from meroppet.rules.intervals import ALL_DAY
from meroppet.rules.provenance import Answer, Rule, RuleKind
from meroppet.rules.schedule import Schedule

_DAY, _ONE_DAY = 86_400, timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_NAIVE = "a time without a zone cannot be compared with opening hours"
_NEVER = 1 << 62
_MOST_DAYS = 4_000
"""Days kept worked out: ten years and more, at less than a kilobyte each."""
HORIZON = timedelta(days=400)
_STATES = {
    OrderKind.EMERGENCY_CLOSED: BranchState.EMERGENCY_CLOSED,
    OrderKind.MAINTENANCE: BranchState.MAINTENANCE,
    OrderKind.NO_SELF_SERVICE: BranchState.CLOSED,
}

Timeline = tuple[list[int], list[Answer]]
"""Seconds since 1970 from which each answer holds, in order, and the answers."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time [start, end) in UTC with one answer throughout."""

    start: datetime
    end: datetime
    answer: Answer

    @property
    def state(self) -> BranchState:
        """The state throughout."""
        return self.answer.state

    @property
    def rule(self) -> Rule:
        """The rule that made it so."""
        return self.answer.rule


def utc(moment: datetime) -> datetime:
    """The moment in UTC, in which adding and comparing are about real time. Raises ValueError for a naive one."""
    if moment.utcoffset() is None:
        raise ValueError(_NAIVE)
    return moment.astimezone(UTC)


def _seconds(moment: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds


def _seconds_up(moment: datetime) -> int:
    """Whole seconds since 1970, rounded up."""
    return _seconds(moment) + (moment.microsecond > 0)


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(0, seconds)


@dataclass(frozen=True, slots=True)
class _Standing:
    """An order as a restriction from one second to another."""

    first: int
    last: int
    cut: Cut


class Hours:
    """A schedule made ready to be asked. Working out a day costs once; what was worked out is kept.

    Every moment asked about must be aware; a naive one raises ValueError. Answers hold to the second.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.zone = ZoneInfo(schedule.zone)
        # The last listed first: of two alike it gives its name.
        self._orders = [_standing(order) for order in reversed(schedule.orders)]
        self._book = DayBook(schedule)
        self._plans: dict[tuple[DayRules | None, DayRules], Plan] = {}
        self._answers: dict[Answer, Answer] = {}
        self._last = schedule.known_until.toordinal() - _FIRST_DAY if schedule.known_until else date.max.toordinal()
        self._nothing = self._one(Answer(BranchState.CLOSED, Rule(RuleKind.HORIZON)))
        self._local: dict[int, Plan] = {}
        self._offsets: dict[int, int] = {}
        self._days: dict[int, Timeline] = {}

    def state_at(self, moment: datetime) -> Answer:
        """What holds at an aware moment: what the branch's wall clock shows decides."""
        try:
            since = moment - _EPOCH
        except TypeError as error:
            raise ValueError(_NAIVE) from error
        starts, answers = self._days.get(since.days) or self._day(since.days)
        return answers[bisect_right(starts, since.days * _DAY + since.seconds) - 1]

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """What holds from `start` to `end`, in order and without gaps.

        Two neighbours differ in state, in the rule that won, or in those it beat.
        """
        begun, finish = utc(start), utc(end)
        if finish <= begun:
            return
        said = self.state_at(begun)
        for seconds, answer in self._turns(_seconds(begun), _seconds_up(finish)):
            if answer is not said:
                moment = _moment(seconds)
                yield Span(begun, moment, said)
                begun, said = moment, answer
        yield Span(begun, finish, said)

    def next_change(self, moment: datetime, within: timedelta = HORIZON) -> Span | None:
        """The next span in another state than the one at `moment`; None if there is none within that time."""
        now, begun = self.state_at(moment).state, utc(moment)
        return next((span for span in self.spans(begun, begun + within) if span.state is not now), None)

    def next_opening(
        self, moment: datetime, states: frozenset[BranchState], within: timedelta = HORIZON
    ) -> datetime | None:
        """When the branch next comes into one of the states (`moment` itself if it is in one), or None."""
        begun = utc(moment)
        return next((span.start for span in self.spans(begun, begun + within) if span.state in states), None)

    def hours_between(self, start: datetime, end: datetime) -> dict[BranchState, timedelta]:
        """Real time spent in each state from `start` to `end`; every state is there."""
        found = dict.fromkeys(BranchState, timedelta())
        for span in self.spans(start, end):
            found[span.state] += span.end - span.start
        return found

    def _turns(self, after: int, before: int) -> Iterator[tuple[int, Answer]]:
        """The seconds between the two from which another answer may hold, and the answers."""
        for number in range(after // _DAY, (before - 1) // _DAY + 1):
            for start, answer in zip(*(self._days.get(number) or self._day(number)), strict=True):
                if after < start < before:
                    yield start, answer

    def _day(self, number: int) -> Timeline:
        """Work out the day of UTC that began `number` days after 1970, and keep it."""
        if len(self._days) >= _MOST_DAYS:
            self._forget()
        end = (number + 1) * _DAY
        timeline = self._days[number] = self._ordered(self._walls(number * _DAY, end), end)
        return timeline

    def _forget(self) -> None:
        for kept in (self._days, self._local, self._offsets, self._plans):
            kept.clear()
        self._book.forget()

    def _walls(self, start: int, end: int) -> list[tuple[int, Answer]]:
        """What the wall clock makes of a day [start, end) of UTC, in which it is turned at most once."""
        before, after = self._offset(start), self._offset(end)
        if before == after:
            return self._stretch(start, end, before)
        turned = self._turned(start, end, before)
        rest = self._stretch(turned, end, after) if turned < end else []
        return self._stretch(start, turned, before) + rest

    def _offset(self, seconds: int) -> int:
        """How far the wall clock is ahead of UTC."""
        known = self._offsets.get(seconds)
        if known is None:
            ahead = datetime.fromtimestamp(seconds, self.zone).utcoffset() or timedelta()
            known = self._offsets[seconds] = ahead.days * _DAY + ahead.seconds
        return known

    def _turned(self, start: int, end: int, before: int) -> int:
        while end - start > 1:
            middle = (start + end) // 2
            start, end = (middle, end) if self._offset(middle) == before else (start, middle)
        return end

    def _stretch(self, start: int, end: int, ahead: int) -> list[tuple[int, Answer]]:
        """[start, end) by a wall clock that is that far ahead throughout."""
        found: list[tuple[int, Answer]] = []
        for day in range((start + ahead) // _DAY, (end + ahead - 1) // _DAY + 1):
            midnight = day * _DAY - ahead
            for minute, answer in self._local.get(day) or self._plan(day):
                begins = midnight + minute * 60
                if begins >= end:
                    break
                if begins <= start:
                    found.clear()
                found.append((max(begins, start), answer))
        return found

    def _plan(self, day: int) -> Plan:
        if day > self._last:
            return ((0, self._nothing),)
        today = date.fromordinal(_FIRST_DAY + day)
        yesterday = self._book.rules(today - _ONE_DAY)
        rules = yesterday if yesterday.goes_on else None, self._book.rules(today)
        plan = self._plans.get(rules)
        if plan is None:
            plan = self._plans[rules] = tuple((minute, self._one(answer)) for minute, answer in plan_of(*rules))
        self._local[day] = plan
        return plan

    def _one(self, answer: Answer) -> Answer:
        # Equal answers are one object, so that joining spans compares by identity.
        return self._answers.setdefault(answer, answer)

    def _ordered(self, said: list[tuple[int, Answer]], end: int) -> Timeline:
        begin = said[0][0]
        orders = [order for order in self._orders if order.first < end and begin < order.last]
        if orders:
            said = list(self._under(orders, said, end))
        starts: list[int] = []
        answers: list[Answer] = []
        for start, answer in said:
            if not answers or answers[-1] is not answer:
                starts.append(start)
                answers.append(answer)
        return starts, answers

    def _under(self, orders: list[_Standing], said: list[tuple[int, Answer]], end: int) -> Iterator[tuple[int, Answer]]:
        turns = {turn for order in orders for turn in (order.first, order.last)}
        for (start, answer), (stop, _) in pairwise([*said, (end, self._nothing)]):
            for at in sorted({start, *(turn for turn in turns if start < turn < stop)}):
                cuts = [order.cut for order in orders if order.first <= at < order.last]
                yield at, self._one(restricted(answer, cuts))


def _standing(order: Order) -> _Standing:
    cut = Cut(
        Rule(RuleKind.ORDER, order.id, order.level, order.reasons),
        ALL_DAY,
        _STATES[order.kind],
        spares_staff=order.kind is OrderKind.NO_SELF_SERVICE,
    )
    return _Standing(_seconds(order.start), _NEVER if order.end is None else _seconds_up(order.end), cut)
