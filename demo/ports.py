"""Which loopback ports the demo's processes listen on, and whether they can be had."""

import errno
import socket
from dataclasses import astuple, dataclass, fields

from demo.errors import CannotStart

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """One port a listener; `devices` is the server's own, `cable` the one devices reach it by."""

    register: int = 6001
    devices: int = 8443
    cable: int = 8444
    staff: int = 8080
    kiosk: int = 8081
    branch: int = 8082
    door: int = 8083
    bankid: int = 8084
    phone: int = 8085


def from_base(base: int) -> Ports:
    """Ports in a row from `base`. Raises CannotStart where they would leave the range of ports."""
    count = len(fields(Ports))
    if not 1 <= base <= 65536 - count:
        raise CannotStart(f"--port-base {base}: choose a number from 1024 to {65536 - count}")
    return Ports(*range(base, base + count))


def free() -> Ports:
    """Ports nobody listens on now, as the kernel gives them."""
    held = [socket.socket() for _ in fields(Ports)]
    try:
        for each in held:
            each.bind((HOST, 0))
        return Ports(*(each.getsockname()[1] for each in held))
    finally:
        for each in held:
            each.close()


def require_free(ports: Ports) -> None:
    """Raises CannotStart with one sentence naming the first port that cannot be listened on."""
    for port in astuple(ports):
        with socket.socket() as probe:
            # A port left in TIME_WAIT by the last run is free, as every server here sees it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise CannotStart(_why(port, error)) from error


def _why(port: int, error: OSError) -> str:
    remedy = "choose others with --port-base 9000"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is used by another program; stop that one, or {remedy}"
    return f"port {port} cannot be listened on ({error.strerror}); {remedy}"
