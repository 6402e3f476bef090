"""When a branch is open, and why: one schedule, and what it says at any moment, exact over daylight saving."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from meroppet.rules.branch import BranchState
from meroppet.rules.day_plan import Plan, plan_of
from meroppet.rules.day_rules import LEVELS, DayRules, rules_of
from meroppet.rules.exceptions import Order, OrderKind, ScheduleException
from meroppet.rules.provenance import Answer, Rule, RuleKind
from meroppet.rules.schedule import Schedule

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
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
        raise ValueError("a time without a zone cannot be compared with opening hours")
    return moment.astimezone(UTC)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp() // 1)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Hours:
    """A schedule made ready to be asked. Working out a day costs once; what was worked out is kept.

    Every moment asked about must be aware; a naive one raises ValueError. Answers hold to the second.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.zone = ZoneInfo(schedule.zone)
        self._orders = sorted(schedule.orders, key=_strength)
        self._holidays: dict[date, tuple[str, ...]] = {}
        for holiday in schedule.holidays:
            self._holidays[holiday.day] = (*self._holidays.get(holiday.day, ()), holiday.key)
        self._months: dict[tuple[int, int], list[ScheduleException]] = {}
        self._rules: dict[object, DayRules] = {}
        self._plans: dict[tuple[DayRules, DayRules], Plan] = {}
        self._answers: dict[Answer, Answer] = {}
        self._last = schedule.known_until.toordinal() - _EPOCH if schedule.known_until else date.max.toordinal()
        self._unknown: Plan = ((0, self._one(Answer(BranchState.CLOSED, Rule(RuleKind.HORIZON)))),)
        self._days: dict[int, Timeline] = {}

    def state_at(self, moment: datetime) -> Answer:
        """What holds at an aware moment: what the branch's wall clock shows decides."""
        if moment.utcoffset() is None:
            raise ValueError("a time without a zone cannot be compared with opening hours")
        seconds = int(moment.timestamp() // 1)
        starts, answers = self._days.get(seconds // _DAY) or self._day(seconds // _DAY)
        return answers[bisect_right(starts, seconds) - 1]

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """What holds from `start` to `end`, in order and without gaps; two neighbours differ in state or rule."""
        begun, finish = utc(start), utc(end)
        if finish <= begun:
            return
        first, last, said = _seconds(begun), _seconds(finish), self.state_at(begun)
        for seconds, answer in self._from(first):
            if seconds >= last:
                break
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

    def _from(self, seconds: int) -> Iterator[tuple[int, Answer]]:
        number = seconds // _DAY
        while True:
            for start, answer in zip(*self._day(number), strict=True):
                if start > seconds:
                    yield start, answer
            number += 1

    def _day(self, number: int) -> Timeline:
        """The day of UTC that began `number` days after 1970."""
        known = self._days.get(number)
        if known is not None:
            return known
        if len(self._days) >= _MOST_DAYS:
            for kept in (self._days, self._plans, self._rules, self._months):
                kept.clear()
        timeline = self._ordered(list(self._walls(number * _DAY, (number + 1) * _DAY)), (number + 1) * _DAY)
        self._days[number] = timeline
        return timeline

    def _walls(self, start: int, end: int) -> Iterator[tuple[int, Answer]]:
        """What the wall clock makes of [start, end), in which it is turned at most once."""
        before, after = self._offset(start), self._offset(end)
        if before == after:
            yield from self._stretch(start, end, before)
            return
        turned = self._turned(start, end, before)
        yield from self._stretch(start, turned, before)
        yield from self._stretch(turned, end, after)

    def _offset(self, seconds: int) -> int:
        offset = datetime.fromtimestamp(seconds, self.zone).utcoffset() or timedelta()
        return offset.days * _DAY + offset.seconds

    def _turned(self, start: int, end: int, before: int) -> int:
        while end - start > 1:
            middle = (start + end) // 2
            start, end = (middle, end) if self._offset(middle) == before else (start, middle)
        return end

    def _stretch(self, start: int, end: int, offset: int) -> Iterator[tuple[int, Answer]]:
        for day in range((start + offset) // _DAY, (end + offset - 1) // _DAY + 1):
            midnight = day * _DAY - offset
            plan = self._plan(day)
            for at, (minute, answer) in enumerate(plan):
                begins = max(midnight + minute * 60, start)
                ends = midnight + (plan[at + 1][0] * 60 if at + 1 < len(plan) else _DAY)
                if begins < min(ends, end):
                    yield begins, answer

    def _plan(self, day: int) -> Plan:
        if day > self._last:
            return self._unknown
        key = self._day_rules(day - 1), self._day_rules(day)
        known = self._plans.get(key)
        if known is None:
            known = tuple((minute, self._one(answer)) for minute, answer in plan_of(*key))
            self._plans[key] = known
        return known

    def _one(self, answer: Answer) -> Answer:
        # Equal answers are one object, so that joining spans compares by identity.
        return self._answers.setdefault(answer, answer)

    def _day_rules(self, number: int) -> DayRules:
        day = date.fromordinal(_EPOCH + number)
        keys, near = self._holidays.get(day, ()), self._near(day)
        # Days of which nothing dated is said are as others of their weekday, season and holiday: worked out once.
        key = day if near or self._host_dates(day) else (day.weekday(), keys, *self._seasons(day))
        known = self._rules.get(key)
        if known is None:
            known = self._rules[key] = rules_of(self.schedule, day, keys, near)
        return known

    def _host_dates(self, day: date) -> bool:
        host = self.schedule.host
        return host is not None and any(days.first <= day <= days.last for days in host.days)

    def _seasons(self, day: date) -> list[bool]:
        return [season.covers(day) for season in self.schedule.seasons]

    def _near(self, day: date) -> list[ScheduleException]:
        month = self._months.get((day.year, day.month))
        if month is None:
            month = self._months[day.year, day.month] = self._of_month(day.replace(day=1))
        return [exception for exception in month if exception.on(day)]

    def _of_month(self, first: date) -> list[ScheduleException]:
        after = (first + timedelta(days=32)).replace(day=1)
        return [
            exception
            for exception in self.schedule.exceptions
            if any(days.first < after and days.last >= first for days in exception.days)
        ]

    def _ordered(self, said: list[tuple[int, Answer]], end: int) -> Timeline:
        for order in self._orders:
            said = list(self._with(order, said, end))
        starts: list[int] = []
        answers: list[Answer] = []
        for start, answer in said:
            if not answers or answers[-1] is not answer:
                starts.append(start)
                answers.append(answer)
        return starts, answers

    def _with(self, order: Order, said: list[tuple[int, Answer]], end: int) -> Iterator[tuple[int, Answer]]:
        first = _seconds(order.start)
        last = end if order.end is None else ceil(order.end.timestamp())
        for at, (start, answer) in enumerate(said):
            stop = said[at + 1][0] if at + 1 < len(said) else end
            if start < min(first, stop):
                yield start, answer
            if max(start, first) < min(stop, last):
                yield max(start, first), self._one(_under(order, answer))
            if max(start, last) < stop:
                yield max(start, last), answer


def _strength(order: Order) -> tuple[int, int]:
    """Weakest first, so that the strongest is laid on last."""
    kinds = (OrderKind.NO_SELF_SERVICE, OrderKind.MAINTENANCE, OrderKind.EMERGENCY_CLOSED)
    return kinds.index(order.kind), -LEVELS[order.level]


def _under(order: Order, answer: Answer) -> Answer:
    rule = Rule(RuleKind.ORDER, order.id, order.level, order.reasons)
    if order.kind is OrderKind.NO_SELF_SERVICE:
        if answer.state is BranchState.STAFFED:
            return Answer(answer.state, answer.rule, answer.beaten)
        if answer.state is not BranchState.SELF_SERVICE:
            return answer
    state = _STATES[order.kind]
    return Answer(state, rule, (answer.rule, *answer.beaten), state)
