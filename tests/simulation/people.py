"""Who lives around a simulated branch, and what they do at its door in a day."""

from dataclasses import dataclass
from datetime import date
from random import Random

PEOPLE = 40
TAPS_A_DAY = 56


@dataclass(slots=True, eq=False)
class Person:
    """A patron. `card` is the number the register has; what is read of it may look otherwise."""

    card: str
    pin: str
    born: date

    def as_read(self, random: Random) -> str:
        """The card as some reader says it: blanks around, small letters."""
        return random.choice((self.card, self.card.lower(), f" {self.card}\r\n", f"{self.card.lower()} "))


def populace(random: Random) -> list[Person]:
    """Everybody, some of them too young."""
    return [
        Person(
            f"A{random.randrange(10**9):09}{number:02}",
            _pin(random),
            date(random.choice((1950, 1975, 1990, 2014)), 5, 1),
        )
        for number in range(PEOPLE)
    ]


def _pin(random: Random) -> str:
    # None of those anybody would guess first, which a branch refuses.
    return f"{random.choice((6048, 7305, 8629, 9184, 3957, 6483)) + random.randrange(40)}"


def day_plan(random: Random) -> list[tuple[float, str]]:
    """When, in seconds of a day, somebody does what: most come when it is open, a few when it is not."""
    plan = [(random.triangular(5.0, 21.0, 15.0) * 3600, "visit") for _ in range(TAPS_A_DAY - 6)]
    plan += [(random.uniform(0, 86_400), "visit") for _ in range(6)]
    plan += [(random.uniform(6, 20) * 3600, "staff") for _ in range(4)]
    plan += [(random.uniform(6, 20) * 3600, "order") for _ in range(1)]
    if random.random() < 0.4:
        plan.append((random.uniform(4, 20) * 3600, "thief"))
    if random.random() < 0.5:
        plan.append((random.uniform(6, 20) * 3600, "register"))
    return sorted(plan)
