"""An answer is kept until hours change or the next minute begins, and no more of them than fit."""

from datetime import UTC, datetime, timedelta

from server.schedules.shelf import Shelf

NOW = datetime(2026, 11, 22, 9, 0, 59, tzinfo=UTC)


def test_an_answer_holds_for_its_change_and_its_minute() -> None:
    shelf = Shelf()
    kept = shelf.put(("branch", "nora", "json"), 7, NOW, b"x")

    assert shelf.get(("branch", "nora", "json"), 7, NOW.replace(second=1)) is kept
    assert shelf.get(("branch", "nora", "json"), 8, NOW) is None
    assert shelf.get(("branch", "nora", "json"), 7, NOW + timedelta(seconds=1)) is None
    assert shelf.get(("branch", "lind", "json"), 7, NOW) is None


def test_equal_answers_have_equal_tags() -> None:
    shelf = Shelf()

    assert shelf.put(("a",), 1, NOW, b"x").tag == shelf.put(("b",), 2, NOW, b"x").tag


def test_the_longest_unused_leaves_first() -> None:
    shelf = Shelf(largest=25)
    for name in ("a", "b"):
        shelf.put((name,), 1, NOW, b"x" * 10)
    shelf.get(("a",), 1, NOW)
    shelf.put(("c",), 1, NOW, b"x" * 10)

    assert [shelf.get((name,), 1, NOW) is not None for name in ("a", "b", "c")] == [True, False, True]
