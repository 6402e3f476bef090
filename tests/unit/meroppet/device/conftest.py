"""A sync and its server for whichever test asks for one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from meroppet.device import sync as under_test
from meroppet.device.identity import Identity
from meroppet.wire.enrolment import DeviceKind, key_text
from server.certificates import new_authority
from tests.fakes.syncing import Device, Server


@pytest.fixture(scope="module")
def signing_identity() -> Identity:
    seal = key_text(X25519PrivateKey.generate().public_key().public_bytes_raw())
    authority = new_authority(datetime.now(UTC)).pem.decode()
    return Identity(
        "d1", DeviceKind.DOOR, "Dörr", "b1", "https://localhost", seal, authority, Ed25519PrivateKey.generate()
    )


@pytest.fixture
async def device(signing_identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Device]:
    monkeypatch.setattr(under_test, "TELL_AT_MOST_EVERY", 0.01)
    monkeypatch.setattr("meroppet.device.trying.FIRST_PAUSE", 0.01)
    made = Device(tmp_path, Server(signing_identity))
    yield made
    await made.close()
