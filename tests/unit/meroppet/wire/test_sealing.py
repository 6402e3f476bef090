import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from meroppet.wire.sealing import SealError, seal, unseal

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SECRET = {"card": "21000001", "pin": "1234"}


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=4))
def test_what_was_sealed_is_opened_by_its_key_for_its_attempt(attempt: str, secret: dict[str, str]) -> None:
    assert unseal(KEY, attempt, seal(KEY.public_key(), attempt, secret)) == secret


def test_a_seal_shows_nothing_and_is_never_the_same() -> None:
    first, second = (seal(KEY.public_key(), "t1", SECRET) for _ in range(2))

    assert first != second
    assert b"1234" not in base64.b64decode(first)
    assert base64.b64decode(first)[:32] != base64.b64decode(second)[:32]


def test_another_attempt_cannot_use_it() -> None:
    with pytest.raises(SealError):
        unseal(KEY, "t2", seal(KEY.public_key(), "t1", SECRET))


def test_another_key_cannot_open_it() -> None:
    with pytest.raises(SealError):
        unseal(X25519PrivateKey.generate(), "t1", seal(KEY.public_key(), "t1", SECRET))


def test_one_bit_anywhere_breaks_it() -> None:
    raw = base64.b64decode(seal(KEY.public_key(), "t1", SECRET))

    for place in range(len(raw)):
        # The highest bit of an X25519 key is no part of it (RFC 7748 §5), but of what the cipher's key is derived from.
        bent = raw[:place] + bytes([raw[place] ^ 0x80]) + raw[place + 1 :]
        with pytest.raises(SealError):
            unseal(KEY, "t1", base64.b64encode(bent).decode())


def test_cut_anywhere_it_is_nothing() -> None:
    sealed = seal(KEY.public_key(), "t1", SECRET)

    for length in range(len(sealed)):
        with pytest.raises(SealError):
            unseal(KEY, "t1", sealed[:length])


@given(st.text() | st.binary(max_size=120).map(lambda raw: base64.b64encode(raw).decode()), st.text(max_size=4))
def test_garbage_is_a_seal_error_and_nothing_else(sealed: str, attempt: str) -> None:
    with pytest.raises(SealError):
        unseal(KEY, attempt, sealed)


@pytest.mark.parametrize("attempt", ["", "\ud800", "t\x001"])
def test_an_odd_attempt_opens_nothing(attempt: str) -> None:
    with pytest.raises(SealError):
        unseal(KEY, attempt, seal(KEY.public_key(), "t1", SECRET))


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_a_key_that_shares_nothing_is_refused(point: bytes) -> None:
    with pytest.raises(SealError):
        unseal(KEY, "t1", base64.b64encode(point + bytes(40)).decode())


@pytest.mark.parametrize("secret", [[], "1234", None, 1234, {"card": None}, {"pin": 1234}, {"pin": ["1", "2"]}])
def test_what_is_no_texts_by_name_is_refused_though_it_was_sealed_well(secret: object) -> None:
    json.dumps(secret)
    sealed = seal(KEY.public_key(), "t1", secret)  # type: ignore[arg-type]

    with pytest.raises(SealError):
        unseal(KEY, "t1", sealed)
