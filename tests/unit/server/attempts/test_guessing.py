"""A year of guessing, against the limiter itself. What is assumed of PINs stands in tests/bench/guessing.py."""

import math
import random

import pytest

from tests.bench.guessing import (
    CHOSEN,
    RANDOM,
    Door,
    World,
    chance,
    of_door_days,
    of_stolen_cards,
    shut_out_per_million,
    slips_until_shut_out,
    sprayed_door,
    stolen_card,
    visits_shut_out,
)

CARDS, DAYS, VISITS = 1_500, 1_000, 100_000


def is_within_three_sigma(found: float, computed: float, tries: int) -> bool:
    return abs(found - computed) <= 3 * math.sqrt(computed * (1 - computed) / tries)


@pytest.mark.parametrize("limit", [None, 1, 3, 5, 20])
@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("doors", [1, 4])
def test_a_card_gets_no_more_than_twenty_guesses_a_year_at_doors_that_talk(
    limit: int | None, learned: bool, doors: int
) -> None:
    world = World([Door() for _ in range(doors)], limit, learned)

    assert not stolen_card(world, "none of them", RANDOM)
    assert world.looked_at <= 20


@pytest.mark.parametrize("doors", [1, 2, 5])
def test_a_card_gets_no_more_than_twenty_guesses_a_year_at_each_door_that_is_cut_off(doors: int) -> None:
    world = World([Door() for _ in range(doors)], 3, learned=True, online=False)

    assert not stolen_card(world, "none of them", RANDOM)
    assert world.looked_at == 20 * doors


@pytest.mark.parametrize(("pins", "percent"), [(RANDOM, 0.20), (CHOSEN, 0.21)])
def test_a_stolen_card_opens_as_seldom_as_computed(pins: tuple[str, ...], percent: float) -> None:
    computed = chance(20, pins)
    found = of_stolen_cards(random.Random(5), CARDS, pins)

    assert computed == pytest.approx(percent / 100, abs=5e-5)
    assert is_within_three_sigma(found, computed, CARDS)


def test_a_door_day_of_cloned_cards_opens_as_seldom_as_computed() -> None:
    # Thirty guesses before the alarm, each at another card: 1 - (1 - 1/|chosen|)^30 = 0.31 %, beneath the goal 0.35 %.
    world = World([Door()], 3, learned=False)
    assert not sprayed_door(world, random.Random(1), CHOSEN)
    assert len(world.doors[0].failures) == 30
    computed = chance(30, CHOSEN, one_card=False)

    assert computed <= 0.0035
    assert is_within_three_sigma(of_door_days(random.Random(5), DAYS, CHOSEN), computed, DAYS)


@pytest.mark.parametrize(
    ("limit", "learned", "slips"), [(3, True, 5), (None, True, 5), (None, False, 5), (3, False, 2), (5, False, 4)]
)
def test_holders_are_shut_out_by_so_many_slips(limit: int | None, learned: bool, slips: int) -> None:
    assert slips_until_shut_out(limit, learned=learned) == slips


def test_who_has_a_learned_pin_is_shut_out_less_than_once_in_a_million_visits() -> None:
    assert shut_out_per_million(3, learned=True) <= 1
    assert shut_out_per_million(None, learned=True) <= 1


def test_a_register_that_locks_after_three_costs_strangers_two_slips_in_a_row() -> None:
    computed = shut_out_per_million(3, learned=False) / 1e6
    found = visits_shut_out(random.Random(5), VISITS, 3, learned=False) / VISITS

    assert computed == pytest.approx(0.0016)
    assert is_within_three_sigma(found, computed, VISITS)
