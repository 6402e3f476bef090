"""The bench measures a door that lets in; when the demo's rules ask for more, it has to go along."""

from pathlib import Path

import pytest

from tests.bench import door


def test_a_small_replica_goes_through_all_that_is_measured_of_a_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in (("RIGHTS", 20), ("DECISIONS", 5), ("LEARNED", 2), ("DELTA", 5), ("ROWS", 5)):
        monkeypatch.setattr(door, name, few)

    figures = list(door.offline_decisions(tmp_path))

    told = [figure.name for figure in figures]
    assert [name.rpartition(", ")[2] for name in told[:4]] == ["p50", "p99"] * 2
    assert any("on disk" in name for name in told)
    assert all(figure.value > 0 for figure in figures)
