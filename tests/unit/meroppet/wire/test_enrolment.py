import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.wire.digests import subject_digest
from meroppet.wire.enrolment import Invitation, fingerprint, invitation, key_text

TOKEN, PRINT = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789abcdef" * 4
CODE = f"v1.{TOKEN}.{PRINT}"


@given(
    st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True),
    st.none() | st.integers(1, 65535),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=26, max_size=26),
    st.text("0123456789abcdef", min_size=64, max_size=64),
)
def test_an_invitation_is_read_as_it_was_printed(host: str, port: int | None, token: str, ca: str) -> None:
    made = Invitation(f"https://{host}" + (f":{port}" if port else ""), token, ca)

    assert invitation(f" {made.text()}\r\n") == made


def test_a_slash_after_the_server_is_no_part_of_it() -> None:
    assert invitation(f"https://server:8443/#{CODE}") == Invitation("https://server:8443", TOKEN, PRINT)


@pytest.mark.parametrize("url", ["https://[::1]:8443", "https://127.0.0.1:8443", "https://bibliotek.nora.se/meroppet"])
def test_a_server_may_be_named_by_an_address_or_stand_under_a_path(url: str) -> None:
    assert invitation(f"{url}#{CODE}").url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://server:8443",
        CODE,
        f"#{CODE}",
        f"http://server:8443#{CODE}",
        f"https://#{CODE}",
        f"//server#{CODE}",
        f"https://server#{CODE}x",
        f"https://server#{CODE.lower()}",
        f"https://server#v2.{TOKEN}.{PRINT}",
        f"https://server#v1.{TOKEN[1:]}.{PRINT}",
        f"https://server#v1.{TOKEN[1:]}1.{PRINT}",
        f"https://server#v1.{TOKEN}.{PRINT[1:]}",
        f"https://server#v1.{TOKEN}.{PRINT[1:]}G",
        f"https://server#{CODE}#{CODE}",
        f"https://ser\nver#{CODE}",
        f"https://ser ver#{CODE}",
        f"https://user:secret@server#{CODE}",
        f"https://[server#{CODE}",
        f"https://server:x#{CODE}",
        f"https://server:99999#{CODE}",
        f"https://server:0#{CODE}",
        f"https://[::1::2::3]#{CODE}",
        "x" * 10_000,
    ],
)
def test_anything_else_is_no_invitation_and_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="no enrolment code"):
        invitation(text)


@given(st.text())
def test_arbitrary_text_raises_nothing_but_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="no enrolment code"):
        invitation(text)


def test_keys_and_certificates_are_named_by_these_forms() -> None:
    assert fingerprint(b"der") == "5050d80d22ecd471ea55df7034042c1e041341ff4066e7f6ff38e20b720df8ea"
    assert key_text(bytes(32)) == "A" * 43 + "="


def test_a_subject_is_a_digest_that_needs_the_branchs_key() -> None:
    skiljebo, nora = (subject_digest(bytes([number]) * 32, "21000001") for number in (1, 2))

    assert len(bytes.fromhex(skiljebo)) == 16
    assert skiljebo != nora
    assert skiljebo == subject_digest(bytes([1]) * 32, "21000001")
    assert skiljebo != subject_digest(bytes([1]) * 32, "21000002")
