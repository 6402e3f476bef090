"""What the end-to-end tests stand on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMLESS = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte; needs root, as `bin/meroppet test` says."""
    if os.geteuid() != 0:
        pytest.fail("a small file system can only be mounted by root; run bin/meroppet test as root or with sudo")
    where = tmp_path / "small"
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOMLESS}", "tmpfs", str(where)], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)
