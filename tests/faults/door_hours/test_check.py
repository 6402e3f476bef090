"""`--check` says why a branch has no hours, where the server has told of the branch."""

from pathlib import Path

import pytest

from tests.faults.door_hours.belonging import KINDS, branch, enrolled, run, told

ZONE = "Europe/Stockholm"


@pytest.mark.parametrize("command", KINDS)
async def test_a_document_that_is_not_understood_is_a_fault(command: str, tmp_path: Path) -> None:
    await enrolled(tmp_path, KINDS[command])
    told(tmp_path, ("branch", branch(ZONE)), ("schedule", {"zone": ZONE, "weekly": {}, "moon": "full"}))

    code, said = await run(command, tmp_path, "--check")

    assert code == 1
    assert "there are no hours, so the branch is closed: schedule cannot be understood: moon: Extra inputs" in said


@pytest.mark.parametrize("command", KINDS)
async def test_a_branch_that_has_said_no_hours_is_a_fault(command: str, tmp_path: Path) -> None:
    await enrolled(tmp_path, KINDS[command])
    told(tmp_path, ("branch", branch(ZONE)))

    code, said = await run(command, tmp_path, "--check")

    assert code == 1
    assert "so the branch is closed: the server has not told this device any hours yet" in said


@pytest.mark.parametrize("command", KINDS)
async def test_a_device_that_has_heard_nothing_yet_is_not_at_fault_for_it(command: str, tmp_path: Path) -> None:
    await enrolled(tmp_path, KINDS[command])

    _, said = await run(command, tmp_path, "--check")

    assert "hours" not in said
