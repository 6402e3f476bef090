"""The garbage collector rests during a start, and only then."""

import gc
from collections.abc import Iterator

import pytest

from meroppet.runtime.starting import starting


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Whatever a test did, the next one finds the collector on and nothing set aside."""
    yield
    gc.enable()
    gc.unfreeze()


def test_the_collector_rests_while_a_process_starts_and_works_afterwards() -> None:
    with starting():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_what_a_start_made_is_not_looked_through_again() -> None:
    with starting():
        made = [object() for _ in range(3)]

    assert not any(each is made for each in gc.get_objects())


def test_a_start_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ZeroDivisionError), starting():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_a_start_within_a_start_ends_with_the_outer_one() -> None:
    with starting():
        with starting():
            pass
        assert not gc.isenabled()
