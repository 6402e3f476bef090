"""Ports: in a row, free, and refused with a sentence."""

import socket
from dataclasses import astuple

import pytest

from demo import ports
from demo.errors import CannotStart


def test_a_base_gives_ports_in_a_row() -> None:
    assert astuple(ports.from_base(9000)) == tuple(range(9000, 9009))


@pytest.mark.parametrize("base", [-1, 0, 65_530, 70_000])
def test_a_base_whose_row_leaves_the_range_is_refused(base: int) -> None:
    with pytest.raises(CannotStart, match="--port-base"):
        ports.from_base(base)


def test_free_ports_differ_and_can_be_had() -> None:
    found = ports.free()

    assert len(set(astuple(found))) == len(astuple(found))
    ports.require_free(found)


def test_a_used_port_is_named() -> None:
    found = ports.free()
    with (
        socket.create_server((ports.HOST, found.kiosk)),
        pytest.raises(CannotStart, match=f"port {found.kiosk} is used"),
    ):
        ports.require_free(found)
