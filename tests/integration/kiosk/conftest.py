"""A kiosk for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.kiosk.stand import Stand


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    made = Stand()
    try:
        await made.open()
        yield made
    finally:
        await made.close()
