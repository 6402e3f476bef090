"""A device as the server sees one, with every header in the test's hands."""

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from meroppet.wire.enrolment import DeviceKind, key_text
from meroppet.wire.sealing import seal
from meroppet.wire.signing import BOOT_HEADER, DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER, signed_bytes

PREFIX = "/api/device/v1"


@dataclass
class SigningDevice:
    """Signs requests over any client; by default everything is right."""

    client: httpx2.AsyncClient
    device: str = ""
    kind: DeviceKind = DeviceKind.DOOR
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    boot_id: str = "boot-1"
    seal_key: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def enrol(self, token: str) -> httpx2.Response:
        body = {
            "token": token,
            "kind": self.kind,
            "public_key": key_text(self.key.public_key().public_bytes_raw()),
            "version": "1",
        }
        response = await self.client.post(f"{PREFIX}/enrol", json=body)
        if response.is_success:
            self.device, self.seal_key = response.json()["device"], response.json()["seal_key"]
        return response

    async def boot(self, boot: str = "boot-1", **wrong: Any) -> httpx2.Response:
        self.boot_id, self.numbers = boot, itertools.count(1)
        return await self.ask("POST", "/boot", {"version": "1"}, **{"sequence": 0, **wrong})

    async def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **wrong: Any
    ) -> httpx2.Response:
        """Send a request; `wrong` replaces what is signed (`sign_…`) or sent (device, boot, sequence, key)."""
        request = self.request(method, path, body, **wrong)
        request.headers.update(headers or {})
        return await self.client.send(request)

    def request(self, method: str, path: str, body: object = None, **wrong: Any) -> httpx2.Request:
        kind: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        )
        request = self.client.build_request(method, PREFIX + path, **kind)
        device, boot = wrong.get("device", self.device), wrong.get("boot", self.boot_id)
        sequence = wrong["sequence"] if "sequence" in wrong else next(self.numbers)
        text = signed_bytes(
            method=wrong.get("sign_method", method),
            target=wrong.get("sign_target", PREFIX + path),
            body=wrong.get("sign_body", request.content),
            device=wrong.get("sign_device", device),
            boot=wrong.get("sign_boot", boot),
            sequence=wrong.get("sign_sequence", sequence),
        )
        request.headers[DEVICE_HEADER] = device
        request.headers[BOOT_HEADER] = boot
        request.headers[SEQUENCE_HEADER] = str(sequence)
        request.headers[SIGNATURE_HEADER] = base64.b64encode(wrong.get("key", self.key).sign(text)).decode()
        return request

    def seal(self, bound_to: str, card: str, pin: str) -> str:
        key = X25519PublicKey.from_public_bytes(base64.b64decode(self.seal_key))
        return seal(key, bound_to, {"card": card, "pin": pin})
