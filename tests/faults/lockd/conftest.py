"""The rig, for both kinds of lock where the rule holds for both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.lockd.rig import Rig


@pytest.fixture(params=["fail_secure", "fail_safe"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, fail_safe=request.param == "fail_safe")
    yield rig
    rig.close()
