"""What the demo's tests share: a server filled as the demo fills its own, once for all of them."""

import asyncio
from pathlib import Path

import pytest

from demo.seeding import seed
from server.settings import ServerSettings


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a seeded server. Tests only look, and leave their rows in its log."""
    folder = tmp_path_factory.mktemp("seeded")
    codes = asyncio.run(seed(ServerSettings(state_dir=folder), folder / "staff.json", "skiljebo"))
    assert set(codes) == {"door", "kiosk"}
    return folder
