"""A house for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.door.house import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    try:
        yield made
    finally:
        await made.close()
