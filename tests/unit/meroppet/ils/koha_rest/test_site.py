"""An address that cannot be meant is refused before anything is said to it."""

import pytest

from meroppet.ils.koha_rest import KohaSite


def site(url: str, *, plain_text: bool = False) -> KohaSite:
    return KohaSite("koha", url, "id", "secret", plain_text=plain_text)


@pytest.mark.parametrize(
    "url", ["https://k.example", "https://k.example/", "https://k.example/api/v1", "https://k.example/api/v1/"]
)
def test_the_address_leads_to_the_interface(url: str) -> None:
    assert site(url).base == "https://k.example/api/v1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "koha.example",
        "ftp://koha.example",
        "https://",
        "https://u:p@koha.example",
        "https://k.example/?a=b",
        "https://k.example/#x",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="register 'koha': url"):
        site(url)


@pytest.mark.parametrize(
    ("url", "plain_text", "may"),
    [
        ("https://k.example", False, True),
        ("http://k.example", False, False),
        ("http://k.example", True, True),
        ("http://127.0.0.1:8080", False, True),
        ("http://[::1]:8080", False, True),
        ("http://localhost", False, True),
        ("http://localhost.example", False, False),
        ("http://127.0.0.1.example", False, False),
    ],
)
def test_where_a_pin_may_go(url: str, plain_text: bool, may: bool) -> None:
    assert site(url, plain_text=plain_text).may_connect is may
