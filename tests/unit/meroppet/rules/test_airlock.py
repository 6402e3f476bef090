"""Two doors with a space between: the inner one opens once the outer has shut, and never while anything is open."""

from meroppet.rules.airlock import (
    BETWEEN_SECONDS,
    Airlock,
    AskInner,
    AskOuter,
    LetIn,
    Look,
    NotNow,
    Stage,
    due,
    is_secure,
    step,
)
from meroppet.rules.door import Asked, Door

ASKED = Asked("t1", 5.0, "granted", extended=True)
SHUT, OPEN, RELEASED, FREE, FIRE = (
    Door(),
    Door(opened_at=1.0),
    Door(lease="t1", until=9.0),
    Door(renew_at=5.0),
    Door(fire_renew_at=5.0),
)


def test_a_door_is_secure_that_is_shut_and_that_nothing_has_released() -> None:
    assert [is_secure(door) for door in (SHUT, OPEN, RELEASED, FREE, FIRE)] == [True, False, False, False, False]


def test_who_is_let_in_passes_one_door_after_the_other() -> None:
    entering, effects = step(Airlock(), LetIn(ASKED), SHUT, SHUT, 10.0)
    assert effects == (AskOuter(ASKED),)
    assert due(entering) == 15.0 + BETWEEN_SECONDS
    assert step(entering, Look(), RELEASED, SHUT, 11.0) == (entering, ())

    between, effects = step(entering, Look(), OPEN, SHUT, 12.0)
    assert (between.stage, effects) == (Stage.BETWEEN, ())
    assert step(between, Look(), OPEN, SHUT, 13.0) == (between, ())

    through, effects = step(between, Look(), SHUT, SHUT, 14.0)
    assert (through, effects) == (Airlock(), (AskInner(Asked("t1-inner", 5.0, "airlock", extended=True)),))
    assert due(through) is None
    assert step(through, Look(), SHUT, SHUT, 15.0) == (Airlock(), ())


def test_nobody_is_let_in_from_outside_while_the_inner_door_is_open() -> None:
    assert step(Airlock(), LetIn(ASKED), SHUT, OPEN, 10.0) == (Airlock(), (NotNow(ASKED),))
    assert step(Airlock(), LetIn(ASKED), SHUT, RELEASED, 10.0)[1] == (NotNow(ASKED),)


def test_an_inner_door_somebody_leaves_by_is_waited_for() -> None:
    between = Airlock(Stage.BETWEEN, ASKED, 75.0)
    assert step(between, Look(), SHUT, OPEN, 20.0) == (between, ())


def test_where_the_inner_door_stands_free_there_is_no_lock_between() -> None:
    for free in (FREE, FIRE):
        assert step(Airlock(), LetIn(ASKED), SHUT, free, 10.0)[1] == (AskOuter(ASKED),)


def test_who_never_came_through_is_forgotten() -> None:
    assert step(Airlock(Stage.ENTERING, ASKED, 75.0), Look(), SHUT, SHUT, 75.0) == (Airlock(), ())
    assert step(Airlock(Stage.BETWEEN, ASKED, 75.0), Look(), OPEN, SHUT, 75.0) == (Airlock(), ())
