"""The demo's electronic identifications: one for each patron who can have one, and the register knows her by it."""

from datetime import date

import pytest

from demo.consortia import CHOICES, place
from demo.identities import holders, personnummer
from demo.people import PEOPLE, number_at
from demo.register_stock import demo_stock
from meroppet.ils.library_records import Patron
from meroppet.ils.personnummer import born_by

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29), date(2027, 1, 1)])
def test_each_number_is_a_real_one_of_its_own_day_and_nobody_elses(today: date) -> None:
    numbers = {person.id: number for person in PEOPLE if (number := personnummer(person, today)) is not None}

    assert len(set(numbers.values())) == len(numbers) > 10
    for person in PEOPLE:
        if person.id in numbers:
            assert born_by(numbers[person.id]) == person.born(today)


def test_whoever_has_no_birth_date_has_no_number() -> None:
    karin = next(person for person in PEOPLE if person.id == "karin")

    assert personnummer(karin, TODAY) is None


def test_the_register_knows_the_holders_by_it() -> None:
    branch = place(CHOICES["skiljebo"]).branch
    patrons = [seed.record for seed in demo_stock(branch, TODAY) if isinstance(seed.record, Patron)]
    known = {patron.user_name: patron.card for patron in patrons if patron.user_name}

    assert {number for number, _, _ in holders(TODAY)} <= set(known)
    astrid = PEOPLE[0]
    assert known[personnummer(astrid, TODAY) or ""] == number_at(astrid, branch)
