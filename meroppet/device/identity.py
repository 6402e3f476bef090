"""Who a device is: the key it made itself, the branch it belongs to and the certificate it pins. Files are 0600."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from meroppet.device.errors import NotEnrolled
from meroppet.wire.enrolment import DeviceKind

FILE = "identity.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """What enrolment left on the device. `ca_pem` is the one authority whose servers it speaks to."""

    device: str
    kind: DeviceKind
    name: str
    branch: str
    url: str
    seal_key: str
    ca_pem: str
    key: Ed25519PrivateKey = field(repr=False)


def is_enrolled(state_dir: Path) -> bool:
    """Whether a device's state holds an identity."""
    return (state_dir / FILE).exists()


def load(state_dir: Path) -> Identity:
    """The identity in a device's state; NotEnrolled with the remedy if there is none or it cannot be read."""
    file = state_dir / FILE
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(known.pop("key")))
        return Identity(**{**known, "kind": DeviceKind(known["kind"])}, key=key)
    except FileNotFoundError as error:
        raise NotEnrolled(
            f"{state_dir}: this device belongs to no branch; run its command with: enrol URL#CODE"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotEnrolled(f"{file}: cannot be used ({type(error).__name__}); enrol the device again") from error


def save(identity: Identity, state_dir: Path) -> None:
    """Keep an identity, whole or not at all."""
    known = {
        name: getattr(identity, name) for name in ("device", "kind", "name", "branch", "url", "seal_key", "ca_pem")
    }
    known["key"] = base64.b64encode(identity.key.private_bytes_raw()).decode("ascii")
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = state_dir / f"{FILE}.new"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(state_dir / FILE)
    sync_folder(state_dir)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk: a file that was renamed is there after a power cut only then."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
