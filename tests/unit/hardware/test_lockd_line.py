"""The bytes lockd gives the kernel are those of linux/gpio.h (compared once with a C program, kept here)."""

import pytest

from hardware.lockd.leases import Leases
from hardware.lockd.line import line_request, open_line


def test_a_line_becomes_an_output_with_its_level_already_set() -> None:
    request = line_request(17, True, True)

    assert len(request) == 592
    assert request[:4] == (17).to_bytes(4, "little")
    assert request[256:271] == b"meroppet-lockd\0"
    assert int.from_bytes(request[288:296], "little") == 0b1010, "output and active low"
    assert int.from_bytes(request[296:300], "little") == 1, "one attribute"
    assert int.from_bytes(request[320:324], "little") == 2, "which sets output values"
    assert request[328:344] == (1).to_bytes(8, "little") * 2, "the level, for the first line"
    assert request[560:564] == (1).to_bytes(4, "little"), "one line"


def test_an_unpowered_line_is_requested_with_level_zero() -> None:
    assert line_request(4, False, False)[328:344] == bytes(8) + (1).to_bytes(8, "little")


@pytest.mark.parametrize("spec", ["", "gpio", "gpio:/dev/gpiochip0", "gpio:/dev/gpiochip0:x", "gpio:c:1:high", "usb:1"])
def test_a_line_that_is_none_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="neither gpio:"):
        open_line(spec, False)


def test_more_leases_than_a_door_needs_are_refused_but_those_that_live_are_renewed() -> None:
    leases = Leases(10)
    for number in range(16):
        assert leases.grant(1, str(number), 5, now=0.0)

    assert leases.grant(1, "one more", 5, now=0.0) is None
    assert leases.grant(1, "3", 5, now=1.0) == 6.0


def test_a_lease_ends_at_its_end_and_not_after() -> None:
    leases = Leases(10)
    leases.grant(1, "a", 5, now=0.0)

    assert leases.next_end(4.999) == 5.0
    assert leases.next_end(5.0) is None
