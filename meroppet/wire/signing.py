"""What is signed between device and server.

How a device signs each request: Ed25519 over method, target, body, device, boot and sequence number.

Replay protection needs no clock: a boot identifier is announced once (POST /boot) and never again accepted after a
newer one, and within it every sequence number is accepted once.

How the server signs the head of a journal: Ed25519 over device, epoch, number and hash.
"""

from hashlib import sha256

DEVICE_HEADER = "Meroppet-Device"
BOOT_HEADER = "Meroppet-Boot"
SEQUENCE_HEADER = "Meroppet-Sequence"
SIGNATURE_HEADER = "Meroppet-Signature"
WINDOW = 64
"""How far behind the highest number seen a number may lie and still be accepted once."""


def signed_bytes(*, method: str, target: str, body: bytes, device: str, boot: str, sequence: int) -> bytes:
    """The bytes under the signature; `target` is path and query as sent. One line a part, none may hold a line end."""
    return _lines("meroppet-v1", method.upper(), target, sha256(body).hexdigest(), device, boot, str(sequence))


def head_bytes(*, device: str, epoch: str, seq: int, row_hash: str) -> bytes:
    """The bytes under the server's signature of a journal's head. One line a part, none may hold a line end."""
    return _lines("meroppet-journal-head-v1", device, epoch, str(seq), row_hash)


def _lines(*parts: str) -> bytes:
    if any("\n" in part for part in parts):
        raise ValueError("a line end cannot be signed as part of a line")
    return "\n".join(parts).encode("utf-8")
