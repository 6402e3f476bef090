"""What the machine says of the time: what cannot be read is not known, and nothing of it raises."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meroppet.device.rtc import KernelTime, NoSource, _as_tm

NOON = datetime(2026, 11, 23, 12, 0, 7, tzinfo=UTC)


def test_the_battery_clock_is_read_in_seconds_since_1970(tmp_path: Path) -> None:
    (tmp_path / "since_epoch").write_text(f"{int(NOON.timestamp())}\n")

    assert KernelTime(chip=tmp_path / "since_epoch").chip() == NOON


@pytest.mark.parametrize("said", [None, "", "noon", "9" * 40])
def test_a_battery_clock_that_says_nothing_is_not_known(tmp_path: Path, said: str | None) -> None:
    if said is not None:
        (tmp_path / "since_epoch").write_text(said)

    assert KernelTime(chip=tmp_path / "since_epoch").chip() is None


def test_a_battery_clock_that_may_not_be_set_is_tried_once(tmp_path: Path) -> None:
    device = tmp_path / "rtc0"
    kernel = KernelTime(device=device)
    assert not kernel.set_chip(NOON)
    # A file is no clock: setting it would fail too, and is not tried.
    device.touch()
    before = device.stat().st_atime_ns

    assert not kernel.set_chip(NOON)
    assert device.stat().st_atime_ns == before


def test_a_file_in_its_place_is_no_clock(tmp_path: Path) -> None:
    (tmp_path / "rtc0").touch()

    assert not KernelTime(device=tmp_path / "rtc0").set_chip(NOON)


def test_the_battery_clock_is_told_the_time_as_it_wants_it() -> None:
    assert struct.unpack("9i", _as_tm(NOON)) == (7, 0, 12, 23, 10, 126, 0, 0, 0)


def test_whether_ntp_is_followed_can_be_asked(tmp_path: Path) -> None:
    assert KernelTime(followed=tmp_path / "synchronized").is_disciplined() in {True, False}


def test_another_clock_says_nothing_of_it() -> None:
    nobody = NoSource()

    assert (nobody.chip(), nobody.set_chip(NOON), nobody.is_disciplined()) == (None, False, False)
