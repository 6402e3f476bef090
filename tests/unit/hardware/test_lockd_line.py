"""The bytes lockd gives the kernel are those of linux/gpio.h (compared once with a C program, kept here)."""

import pytest

from hardware.lockd.line import line_request, open_lock


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


@pytest.mark.parametrize(
    "spec", ["", "gpio", "gpio:/dev/gpiochip0", "gpio:/dev/gpiochip0:x", "gpio:c:1:high", "usb:1", "virtual:b:strike:x"]
)
def test_a_line_that_is_none_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="neither gpio:"):
        open_lock(spec, opens=True)
