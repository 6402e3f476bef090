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
_BLOCK, _MOST_BLOCKS = 8 * _DAY, 500
"""Days are worked out eight at a time; so many blocks are kept: ten years and more, a few kilobytes each."""
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
        self._blocks: dict[int, Timeline] = {}

    def state_at(self, moment: datetime) -> Answer:
        """What holds at an aware moment: what the branch's wall clock shows decides."""
        try:
            since = moment - _EPOCH
        except TypeError as error:
            raise ValueError(_NAIVE) from error
        seconds = since.days * _DAY + since.seconds
        starts, answers = self._blocks.get(seconds // _BLOCK) or self._block(seconds // _BLOCK)
        return answers[bisect_right(starts, seconds) - 1]

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
        for number in range(after // _BLOCK, (before - 1) // _BLOCK + 1):
            for start, answer in zip(*(self._blocks.get(number) or self._block(number)), strict=True):
                if after < start < before:
                    yield start, answer

    def _block(self, number: int) -> Timeline:
        """Work out some days of UTC, and keep them."""
        if len(self._blocks) >= _MOST_BLOCKS:
            self._forget()
        start, end = number * _BLOCK, (number + 1) * _BLOCK
        said = [turn for stretch in self._stretches(start, end) for turn in self._by_the_wall(*stretch)]
        timeline = self._blocks[number] = self._ordered(said, end)
        return timeline

    def _forget(self) -> None:
        self._blocks.clear()
        self._plans.clear()
        self._book.forget()

    def _stretches(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Where the wall clock is not turned, and how far ahead of UTC it is; it is turned once a day at most."""
        ahead = self._offset(start)
        for midnight in range(start, end, _DAY):
            after = self._offset(midnight + _DAY)
            if after != ahead:
                turned = self._turned(midnight, midnight + _DAY, ahead)
                yield start, turned, ahead
                start, ahead = turned, after
        if start < end:
            yield start, end, ahead

    def _offset(self, seconds: int) -> int:
        ahead = datetime.fromtimestamp(seconds, self.zone).utcoffset() or timedelta()
        return ahead.days * _DAY + ahead.seconds

    def _turned(self, start: int, end: int, before: int) -> int:
        while end - start > 1:
            middle = (start + end) // 2
            start, end = (middle, end) if self._offset(middle) == before else (start, middle)
        return end

    def _by_the_wall(self, start: int, end: int, ahead: int) -> list[tuple[int, Answer]]:
        """What [start, end) is by a wall clock that is that far ahead throughout."""
        days = range((start + ahead) // _DAY, (end + ahead - 1) // _DAY + 1)
        said = [(day * _DAY - ahead + second, answer) for day in days for second, answer in self._plan(day)]
        past = sum(at <= start for at, _ in said)
        return [(start, said[past - 1][1]), *[turn for turn in said[past:] if turn[0] < end]]

    def _plan(self, day: int) -> Plan:
        """The seconds of a local day from which each answer holds."""
        if day > self._last:
            return ((0, self._nothing),)
        today = date.fromordinal(_FIRST_DAY + day)
        yesterday = self._book.rules(today - _ONE_DAY)
        rules = yesterday if yesterday.goes_on else None, self._book.rules(today)
        plan = self._plans.get(rules)
        if plan is None:
            plan = self._plans[rules] = tuple((minute * 60, self._one(answer)) for minute, answer in plan_of(*rules))
        return plan

    def _one(self, answer: Answer) -> Answer:
        # Equal answers are one object, so that joining spans compares by identity.
        return self._answers.setdefault(answer, answer)

    def _ordered(self, said: list[tuple[int, Answer]], end: int) -> Timeline:
        begin = said[0][0]
        orders = [order for order in self._orders if order.first < end and begin < order.last]
        if orders:
            said = list(self._under(orders, said, end))
        return [start for start, _ in said], [answer for _, answer in said]

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
