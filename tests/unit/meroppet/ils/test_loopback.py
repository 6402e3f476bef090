"""What counts as this machine itself, and may be spoken to in the clear."""

import pytest

from meroppet.ils.koha_rest import KohaSite
from meroppet.ils.loopback import is_loopback
from meroppet.ils.sip2_connection import Sip2Account

HERE = ["127.0.0.1", "127.3.2.1", "::1", "localhost"]
ELSEWHERE = [
    "",
    "10.0.0.1",
    "0.0.0.0",
    "::",
    "sip.example.se",
    "localhost.example.se",
    "127.0.0.1.example.se",
    "127.1",
]


@pytest.mark.parametrize("host", HERE)
def test_this_machine_may_be_spoken_to_in_the_clear(host: str) -> None:
    assert is_loopback(host)
    assert not Sip2Account(host, 6001, "door", "x").is_exposed


@pytest.mark.parametrize("host", ELSEWHERE)
def test_no_other_may(host: str) -> None:
    assert not is_loopback(host)
    assert not Sip2Account(host, 6001, "door", "x").may_connect


def test_over_rest_it_is_the_same() -> None:
    here, elsewhere = (KohaSite("koha", f"http://{host}", "c", "s") for host in ("[::1]:8080", "127.0.0.1.example.se"))

    assert (here.may_connect, elsewhere.may_connect) == (True, False)
