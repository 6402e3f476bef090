"""Whether an address is this machine itself: nothing else is spoken to in the clear without the operator's word."""

import ipaddress


def is_loopback(host: str) -> bool:
    """True for loopback addresses and `localhost`; a name is never looked up, since what it leads to can change."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
