"""What the end-to-end tests stand on."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.browser import PATIENCE, launched
from tests.e2e.region import Region, opened

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


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared_chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def region(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Region]:
    """One for all tests of a module: each takes a branch of its own, for starting it costs more than using it."""
    expect.set_options(timeout=PATIENCE)
    async with opened(tmp_path_factory.mktemp("region")) as made:
        yield made
