"""Our own entry points name what is there, and the gpio drivers say clearly that this is no Raspberry Pi."""

from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

from hardware import registry
from hardware.errors import CannotLoad

PORTS = [value for value in vars(registry).values() if isinstance(value, registry.Port)]


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.name)
def test_every_port_has_a_virtual_driver(port: registry.Port[object]) -> None:
    options = {"socket": "/nowhere"} | ({"part": "exit"} if port is registry.DIGITAL_INPUT else {})

    assert registry.open_driver(port, "virtual", options)


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.name)
def test_every_driver_of_ours_that_can_be_imported_here_has_options_that_refuse_a_misspelling(
    port: registry.Port[object],
) -> None:
    for point in entry_points(group=port.group):
        if point.value.startswith("hardware.gpio"):
            assert find_spec(point.module) is not None
            continue
        assert point.load().Options.model_config["extra"] == "forbid"


@pytest.mark.parametrize(
    "port", [registry.RELAY, registry.DIGITAL_INPUT, registry.INDICATOR], ids=lambda port: port.name
)
def test_a_pin_off_a_raspberry_pi_is_one_clear_sentence(port: registry.Port[object]) -> None:
    with pytest.raises(CannotLoad, match=rf"^{port.title} driver 'gpio' cannot load: \w+"):
        registry.open_driver(port, "gpio", {"pin": 17})
