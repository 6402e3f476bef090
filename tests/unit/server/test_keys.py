"""The server's keys: made once, kept from others, and never remade by accident."""

import base64
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.keys import KeyRing, KeysError

NOW = datetime.now(UTC)
NAMES = ("localhost", "127.0.0.1")


def opened(folder: Path, now: datetime = NOW, names: tuple[str, ...] = NAMES) -> KeyRing:
    return KeyRing.open(folder / "keys", names, now)


def test_the_same_keys_are_found_again(tmp_path: Path) -> None:
    first = opened(tmp_path)
    again = opened(tmp_path)

    assert first.ca_fingerprint == again.ca_fingerprint
    assert first.seal_public == again.seal_public
    assert again.decrypt("card", first.encrypt("card", b"1234")) == b"1234"
    assert first.lookup("card", "1234") == again.lookup("card", "1234")


def test_no_key_file_can_be_read_by_others(tmp_path: Path) -> None:
    folder = opened(tmp_path).folder

    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["ca.key", "ca.pem", "seal.key", "data.key", "pepper.key"])
def test_a_lost_key_is_an_error_and_not_a_new_key(tmp_path: Path, name: str) -> None:
    opened(tmp_path).folder.joinpath(name).unlink()

    with pytest.raises(KeysError, match=name):
        opened(tmp_path)


def test_the_server_signs_with_a_key_that_may_be_changed(tmp_path: Path) -> None:
    first = opened(tmp_path)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(first.sign_public))
    key.verify(base64.b64decode(first.sign(b"head")), b"head")
    assert opened(tmp_path).sign_public == first.sign_public

    first.folder.joinpath("sign.key").unlink()
    other = opened(tmp_path)

    assert other.sign_public != first.sign_public
    assert other.folder.joinpath("sign.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(other.sign(b"head")), b"head")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).folder.joinpath("data.key").chmod(0o644)

    with pytest.raises(KeysError, match="chmod"):
        opened(tmp_path)


def test_what_was_encrypted_for_one_purpose_is_nothing_for_another(tmp_path: Path) -> None:
    ring = opened(tmp_path)

    with pytest.raises(KeysError):
        ring.decrypt("branch key", ring.encrypt("card", b"1234"))
    assert ring.lookup("card", "1") != ring.lookup("patron", "1")


def test_the_certificate_is_renewed_near_its_end_and_for_other_names(tmp_path: Path) -> None:
    first = opened(tmp_path).certificate_file.read_bytes()

    assert opened(tmp_path, NOW + timedelta(days=200)).certificate_file.read_bytes() == first
    second = opened(tmp_path, NOW + timedelta(days=310)).certificate_file.read_bytes()
    third = opened(tmp_path, NOW + timedelta(days=310), ("server.example",)).certificate_file.read_bytes()
    assert len({first, second, third}) == 3


def test_a_device_that_pins_the_ca_trusts_the_server_and_a_stranger_does_not(tmp_path: Path) -> None:
    ring = opened(tmp_path)
    pinned = ssl.create_default_context(cadata=ring.ca_pem.decode())
    pinned.verify_flags |= ssl.VERIFY_X509_STRICT

    assert handshake(ring.tls(), pinned) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ring.tls(), ssl.create_default_context())


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    ours, theirs = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname="localhost") as channel:
            return channel.version()
    finally:
        ours.close()
        thread.join()
