"""A door's process that takes over a snapshot, and says how much memory it had before and at the peak, in KiB."""

import sys
from pathlib import Path

import door_controller.app  # noqa: F401 (what a controller has in memory anyway)
from meroppet.device.replica import Replica


def peak() -> int:
    """The most this program ever had; getrusage would count whoever started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    replica = Replica(Path(sys.argv[1]))
    before = peak()
    replica.take_over(replica.prepare(replica.download))
    replica.refresh()
    replica.clear_away()
    print(before, peak(), replica.cursor())
    replica.close()
