"""What counts as wrong with a device: a table of its words and what is told for each."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from server.devices.service import Health
from server.devices.troubles import Trouble, Troubled, troubles

WELL = Health(
    at=datetime(2026, 11, 22, 12, tzinfo=UTC), version="1", clock="signed", clock_ahead_seconds=0.1, change=9, unsent=0,
    locked=True, door="shut", state="staffed", readers_lost=(), queue=None, disk_free=10 * 2**30, memory=60 * 2**20,
    temperature=48.0, drift_ppm=12.0,
)  # fmt: skip


def wrong(**words: Any) -> list[Trouble]:
    return [each.trouble for each in troubles(replace(WELL, **words), has_lock=True)]


def test_nothing_is_said_of_a_device_that_is_well() -> None:
    assert wrong() == []


def test_nothing_is_said_of_what_an_older_device_does_not_tell() -> None:
    assert wrong(disk_free=None, memory=None, temperature=None, drift_ppm=None) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"storage": "full"}, Trouble.STORAGE_FULL),
        ({"storage": "read_only"}, Trouble.STORAGE_READ_ONLY),
        ({"storage": "slow"}, Trouble.STORAGE_BROKEN),
        ({"storage": "something newer"}, Trouble.STORAGE_BROKEN),
        ({"disk_free": 2**20}, Trouble.DISK_LOW),
        ({"readers_lost": ("card_reader",)}, Trouble.READER),
        ({"locked": None}, Trouble.LOCK),
        ({"clock": "none"}, Trouble.CLOCK_UNKNOWN),
        ({"clock_ahead_seconds": -5.1}, Trouble.CLOCK),
        ({"drift_ppm": -250.0}, Trouble.DRIFT),
        ({"queue": 301.0}, Trouble.QUEUE),
        ({"config": "last_good", "crashes": 3}, Trouble.LAST_GOOD),
        ({"crashes": 3}, Trouble.CRASHES),
        ({"temperature": 75.0}, Trouble.HOT),
    ],
)
def test_each_trouble_is_told_by_itself(words: dict[str, Any], told: Trouble) -> None:
    assert wrong(**words) == [told]


@pytest.mark.parametrize(
    "words", [{"clock_ahead_seconds": 4.9}, {"queue": 299.0}, {"crashes": 2}, {"temperature": 74.9}]
)
def test_what_happens_to_every_device_is_no_trouble(words: dict[str, Any]) -> None:
    assert wrong(**words) == []


def test_a_full_disk_is_not_told_twice() -> None:
    assert wrong(storage="full", disk_free=0) == [Trouble.STORAGE_FULL]


def test_a_clock_that_is_off_needs_no_word_of_its_drift() -> None:
    assert wrong(clock_ahead_seconds=60.0, drift_ppm=900.0) == [Trouble.CLOCK]


def test_a_kiosk_has_no_lock_to_miss() -> None:
    assert troubles(replace(WELL, locked=None), has_lock=False) == ()


def test_the_devices_own_sentence_reaches_the_installer() -> None:
    found = troubles(replace(WELL, config="last_good", crashes=4, trouble="no such reader"), has_lock=True)

    assert found == (Troubled(Trouble.LAST_GOOD, 4, "no such reader"),)
