"""A register in a process of its own, so that what it costs is not taken for the client's slowness.

Speaks to whoever started it over its standard streams: it tells its port; a line `FAULT [login]` orders a fault, which
spares login and status unless `login` is added, and is answered with `ok`.
"""

import asyncio
import sys

from meroppet.ils.acs_simulator import Fault, RegisterAccount, RegisterControl, serve
from meroppet.runtime.clock import SystemClock
from tests.integration.sip2.conftest import PASSWORD, small_library


async def run() -> None:
    """Serve until standard input ends."""
    control = RegisterControl(seconds=1.0)
    account = RegisterAccount("sip_skiljebo", PASSWORD, "SKILJEBO")
    register = await serve(small_library(), "127.0.0.1", 0, accounts=[account], clock=SystemClock(), control=control)
    print(register.port, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        fault, *rest = line.split()
        control.fault, control.from_login = Fault(fault), rest == ["login"]
        print("ok", flush=True)
    await register.close()


if __name__ == "__main__":
    asyncio.run(run())
