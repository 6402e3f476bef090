"""What guessing PINs comes to in a simulated year, asked of the limiter itself: the kernel's and server's decisions.

Only the clock and the storage are the simulation's. Distributions: a *random* PIN is uniform over 10,000; a *chosen*
one, with common PINs refused, uniform over what `common_pins` leaves. The second is an assumption: that beyond the few
hundred codes that are half of all choices (DataGenetics, 2012) the rest is nearly flat. Who types makes a slip in 4 of
100 PINs, each independently of the last (the estimate of the design; nobody has published one for doors).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from meroppet.rules.pin import (
    DOOR_DAY,
    CardStanding,
    DoorMode,
    DoorStanding,
    Outcome,
    card_gate,
    card_lock,
    door_mode,
)
from meroppet.rules.weak_pins import common_pins
from server.attempts.counting import CardCount, Sending, after, begun, sending
from tests.bench.figures import Figure

YEAR = timedelta(days=365)
TYPED_IN = timedelta(seconds=8)
"""Card, four keys, and the second until it is told."""
SLIPS = 0.04
RANDOM = tuple(f"{number:04}" for number in range(10_000))
CHOSEN = tuple(sorted(set(RANDOM) - common_pins()))


@dataclass(slots=True)
class Door:
    """One door as its own file would have it, and as the server has it."""

    failures: list[datetime] = field(default_factory=list)
    of_card: dict[str, list[datetime]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def standing(self, now: datetime) -> DoorStanding:
        """Whom it asks."""
        return door_mode([at for at in self.failures if at > now - DOOR_DAY], None, now)


@dataclass(slots=True)
class World:
    """Doors, and the server's counts unless the net is gone; `limit` is the register's own, `learned` an oracle."""

    doors: list[Door]
    limit: int | None
    learned: bool
    online: bool = True
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    counts: dict[str, CardCount] = field(default_factory=dict)
    looked_at: int = 0
    """How often a PIN was compared with the right one, by whomever."""

    def tap(self, door: Door, card: str) -> bool:
        """Whether the door asks this card for its PIN."""
        lock = None if not self.online else self.counts.get(card, CardCount()).lock(self.now)
        standing = CardStanding(
            failures=door.of_card.get(card, ()),
            known=card in door.known,
            locked_until=None if lock is None else lock.until,
            until_reset=lock is not None and lock.until is None,
        )
        return card_gate(standing, door.standing(self.now), self.now) is None

    def type(self, door: Door, card: str, *, right: bool) -> bool:
        """Whether the door opens to a PIN that is right or not."""
        mine = door.of_card.setdefault(card, [])
        mine.append(self.now)
        door.failures.append(self.now)
        opened = self._register(door, card, right=right) if self.online else self._alone(right=right)
        if opened:
            door.failures.remove(self.now)
            mine.clear()
            door.known.add(card)
        return opened

    def _alone(self, *, right: bool) -> bool:
        self.looked_at += self.learned
        return self.learned and right

    def _register(self, door: Door, card: str, *, right: bool) -> bool:
        agreed = self.learned and right
        count = self.counts.get(card, CardCount())
        # The server's list of the door's failures has not this try in it yet.
        seen = door_mode([at for at in door.failures[:-1] if at > self.now - DOOR_DAY], None, self.now)
        what = sending(count, seen, self.limit, agreed=agreed, now=self.now)
        if what is Sending.REFUSED:
            return False
        self.looked_at += what is Sending.SENT or self.learned
        count = begun(count, what, self.now)
        outcome = Outcome.RIGHT if right and what is Sending.SENT else Outcome.WRONG
        self.counts[card] = after(count, self.now, outcome, reached=True, agreed=agreed)
        return outcome is Outcome.RIGHT

    def wait(self, card: str) -> bool:
        """Go on to when some door may ask this card again; False if that is never."""
        ends = [end for door in self.doors if (end := self._asks_again(door, card)) is not None]
        if not ends:
            return False
        self.now = max(min(ends), self.now + TYPED_IN)
        return True

    def _asks_again(self, door: Door, card: str) -> datetime | None:
        standing, locks = door.standing(self.now), [card_lock(door.of_card.get(card, ()), self.now)]
        if self.online:
            locks.append(self.counts.get(card, CardCount()).lock(self.now))
        held = [lock.until for lock in locks if lock is not None]
        if standing.mode is DoorMode.OFF or None in held:
            return None
        return max([self.now, *(end for end in (*held, standing.until) if end is not None)])


def stolen_card(world: World, pin: str, guesses: Sequence[str]) -> bool:
    """Whether somebody with a card and a year gets in, guessing at every door as soon as it asks."""
    end, tried = world.now + YEAR, 0
    while world.now < end and tried < len(guesses):
        door = next((door for door in world.doors if world.tap(door, "stolen")), None)
        if door is None:
            if not world.wait("stolen"):
                return False
            continue
        if world.type(door, "stolen", right=guesses[tried] == pin):
            return True
        tried, world.now = tried + 1, world.now + TYPED_IN
    return False


def sprayed_door(world: World, draw: random.Random, pins: Sequence[str]) -> bool:
    """Whether one of ever new cloned cards, with one guess each, gets in before the door takes known cards only."""
    (door,), end, number = world.doors, world.now + DOOR_DAY, 0
    while world.now < end and len(door.failures) < 30:
        number += 1
        card = f"cloned{number}"
        if not world.tap(door, card):
            if not world.wait(card):
                return False
            continue
        if world.type(door, card, right=draw.choice(pins) == pins[0]):
            return True
        world.now += TYPED_IN
    return False


def slips_until_shut_out(limit: int | None, *, learned: bool) -> int:
    """After how many slips in a row the right PIN no longer opens to its own holder."""
    slips = 0
    while True:
        world = World([Door()], limit, learned)
        (door,) = world.doors
        for _ in range(slips):
            if world.tap(door, "own"):
                world.type(door, "own", right=False)
            world.now += TYPED_IN
        if not (world.tap(door, "own") and world.type(door, "own", right=True)):
            return slips
        slips += 1


def shut_out_per_million(limit: int | None, *, learned: bool) -> float:
    """How often holders are shut out of their own cards, per million visits."""
    return float(SLIPS ** slips_until_shut_out(limit, learned=learned) * 1e6)


def visits_shut_out(draw: random.Random, visits: int, limit: int | None, *, learned: bool) -> int:
    """The same, counted: how many of these visits end with the holder shut out, each beginning with a clean card."""
    shut_out = 0
    for _ in range(visits):
        if draw.random() >= SLIPS:
            continue
        world, is_right = World([Door()], limit, learned), False
        (door,) = world.doors
        world.type(door, "own", right=False)
        while not is_right and world.tap(door, "own"):
            world.now += TYPED_IN
            is_right = draw.random() >= SLIPS
            if is_right and not world.type(door, "own", right=True):
                is_right = False
                break
            if not is_right:
                world.type(door, "own", right=False)
        shut_out += not is_right
    return shut_out


def of_stolen_cards(draw: random.Random, cards: int, pins: Sequence[str], *, doors: int = 1) -> float:
    """Which part of so many stolen cards opens a door, their holders' PINs drawn from `pins`, guessed in any order."""
    opened = sum(
        stolen_card(World([Door() for _ in range(doors)], 3, learned=True), draw.choice(pins), pins)
        for _ in range(cards)
    )
    return opened / cards


def of_door_days(draw: random.Random, days: int, pins: Sequence[str]) -> float:
    """Which part of so many door-days of spraying opens a door."""
    return sum(sprayed_door(World([Door()], 3, learned=False), draw, pins) for _ in range(days)) / days


def chance(guesses: int, pins: Sequence[str], *, one_card: bool = True) -> float:
    """What so many guesses open: each another PIN of one card, or the same of ever new cards."""
    return guesses / len(pins) if one_card else 1 - (1 - 1 / len(pins)) ** guesses


def _computed(guesses: int, pins: Sequence[str]) -> tuple[float, str]:
    return 100 * chance(guesses, pins), f"computed for {guesses} guesses"


def _share(name: str, part: float, goal: float, computed: tuple[float, str]) -> Figure:
    return Figure(name, 100 * part, "%", goal, *computed)


def figures(cards: int = 20_000, days: int = 10_000) -> list[Figure]:
    """The design's goals (docs/pins.md) beside what is computed."""
    draw = random.Random(20261122)
    return [
        _share("a stolen card opens, random PIN", of_stolen_cards(draw, cards, RANDOM), 0.3, _computed(20, RANDOM)),
        _share("a stolen card opens, chosen PIN", of_stolen_cards(draw, cards, CHOSEN), 0.31, _computed(20, CHOSEN)),
        _share("a door-day of cloned cards opens", of_door_days(draw, days, CHOSEN), 0.5, _computed(30, CHOSEN)),
        *(
            Figure(
                f"holders shut out, {'learned' if learned else 'not learned'}, register locks after {limit or 'none'}",
                shut_out_per_million(limit, learned=learned), "/M", goal, 1.0, "the goal for learned PINs",
            )
            for limit, learned, goal in ((3, True, 1.0), (None, True, 1.0), (None, False, 1.0), (3, False, 1700.0))
        ),
    ]  # fmt: skip
