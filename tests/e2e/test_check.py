"""The scripted visit, and starts that cannot succeed: each says so in one sentence and another exit code than 0."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.consortia import CHOICES

PATIENCE = 120
"""Seconds; a machine that also runs the other tests is slower than a user's."""


def demo(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "demo", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """The one sentence on standard error."""
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("meroppet-demo: ")
    return lines[0]


@pytest.mark.parametrize("branch", ["skiljebo", "alvdalen"])
def test_a_whole_visit_holds_through_the_five_processes(branch: str) -> None:
    ended = demo("--check", "--branch", branch)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "FAILED" not in ended.stdout
    assert "10 of 10 steps held" in ended.stdout


def test_a_port_in_use_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = demo("--keep", str(tmp_path), "--port-base", str(port))

    assert ended.returncode == 1
    assert f"port {port} is used by another program" in sentence(ended)


@pytest.mark.parametrize("base", ["0", "65535", "-3"])
def test_a_port_base_out_of_range_is_refused(tmp_path: Path, base: str) -> None:
    ended = demo("--keep", str(tmp_path), f"--port-base={base}")

    assert ended.returncode == 1
    assert "--port-base" in sentence(ended)


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    ended = demo("--keep", "/proc/meroppet")

    assert ended.returncode == 1
    assert "cannot be written" in sentence(ended)


def test_a_full_disk_is_one_sentence(small_disk: Path) -> None:
    ended = demo("--keep", str(small_disk))

    assert ended.returncode == 1
    assert "no room on the disk" in sentence(ended)


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    from demo import folder

    with folder.opened(tmp_path / "skiljebo", fresh=False):
        ended = demo("--keep", str(tmp_path))

    assert ended.returncode == 1
    assert "a demo already runs" in sentence(ended)


async def test_a_process_that_dies_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    from demo import folder, ports
    from demo.consortia import place
    from demo.house import House

    with folder.opened(tmp_path, fresh=True) as opened:
        async with House(place(CHOICES["skiljebo"]), ports.free(), opened, lambda *_: None) as house:
            pid = house.children["kiosk"].pid
            assert pid is not None
            os.kill(pid, 9)

            said = await asyncio.wait_for(asyncio.shield(house.ended), 10)

    assert said.startswith("kiosk ended by itself (signal 9)")
