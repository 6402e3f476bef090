"""The stand-in for BankID over real TLS, the driver that speaks to it, and a phone in somebody's hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httpx2
import pytest

from server.eid.bankid import BankID
from server.eid.ports import Eid, Order
from server.eid.registry import open_eid
from server.eid.standin.orders import Person
from server.eid.standin.serving import Running, running
from tests.fakes.clocks import ManualClock

ANNA = Person("198001019804", "Anna", "Ek")
BO = Person("197505059803", "Bo", "Al")
CECILIA = Person("201002039806", "Cecilia", "Å")
"""Who has no library card."""


@dataclass(frozen=True, slots=True)
class Phone:
    """The phone's addresses, over real HTTP."""

    client: httpx2.AsyncClient
    url: str

    async def start(self, order: Order) -> str | None:
        """Open the link on the same device: the order's ref as the app has it."""
        return _ref(await self.client.post(f"{self.url}/start", data={"autostart": order.autostart}))

    async def scan(self, code: str) -> str | None:
        """Hold the camera against a QR code."""
        return _ref(await self.client.post(f"{self.url}/scan", data={"code": code}))

    async def sign(self, ref: str | None, who: Person = ANNA) -> bool:
        """Type the security code."""
        return (await self.client.post(f"{self.url}/sign", data={"ref": ref, "number": who.number})).status_code == 200

    async def cancel(self, ref: str | None, hint: str = "userCancel") -> bool:
        """Press cancel, or let the app give up for another of BankID's reasons."""
        return (await self.client.post(f"{self.url}/cancel", data={"ref": ref, "hint": hint})).status_code == 200


def _ref(answer: httpx2.Response) -> str | None:
    return cast("str", answer.json()["ref"]) if answer.status_code == 200 else None


@pytest.fixture
async def standin(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Running]:
    async with running(tmp_path / "bankid", [ANNA, BO], clock, datetime.now(UTC)) as made:
        yield made


@pytest.fixture
async def phone(standin: Running) -> AsyncIterator[Phone]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield Phone(client, standin.phone_url)


@pytest.fixture(params=["bankid"])
async def eid(request: pytest.FixtureRequest, standin: Running) -> AsyncIterator[Eid]:
    """Every driver there is, chosen by name as an installer does; a new one adds its name and its own stand-in here."""
    opened = open_eid(request.param, {**standin.options, "timeout": 2.0})
    yield opened
    await opened.close()


@pytest.fixture
async def bankid(standin: Running) -> AsyncIterator[BankID]:
    opened = BankID(BankID.Options.model_validate({**standin.options, "timeout": 0.5}))
    yield opened
    await opened.close()
