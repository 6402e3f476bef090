"""Process 1 of the machine with the chip: mounts what Linux offers, does everything to lockd, reports, powers off."""

import ctypes
import fcntl
import json
import os
import platform
import signal
import traceback
from pathlib import Path

from hardware.lockd.line import GET_LINE, line_request
from tests.gpio_chip import strike
from tests.gpio_chip.wiring import LINE, Chip, Record

WIRINGS = [strike.Wiring(polarity, low) for polarity in ("fail_secure", "fail_safe") for low in (False, True)]
POWER_OFF = 0x4321FEDC
_MOUNTS = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("tmpfs", "/run"),
    ("configfs", "/sys/kernel/config"),
    ("tracefs", "/sys/kernel/tracing"),
]
# struct gpio_v2_line_config: how many attributes there are, padding, and the first one.
_ATTRIBUTES = slice(296, 344)


def main() -> None:
    """Leave `report.json` in the host's folder that REPORT names, whatever happens."""
    libc = ctypes.CDLL(None, use_errno=True)
    for kind, folder in _MOUNTS:
        _mount(libc, kind, folder, "")
    Path("/run/host").mkdir()
    _mount(libc, "hostfs", "/run/host", os.environ["REPORT"])
    try:
        report = observe()
    except Exception:  # noqa: BLE001  # What went wrong is the report.
        report = {"error": traceback.format_exc()}
    Path("/run/host/report.json").write_text(json.dumps(report, indent=1))
    os.sync()
    libc.reboot(POWER_OFF)


def observe() -> dict[str, object]:
    """Return everything seen, by wiring."""
    record = Record()
    chips = {wiring: Chip(wiring.name.replace(" ", "-")) for wiring in WIRINGS}
    strikes = [strike.Strike(chip, record, wiring) for wiring, chip in chips.items()]
    report: dict[str, object] = {each.wiring.name: _of_wiring(each) for each in strikes}
    plain = strikes[0]
    nowhere = {
        "no chip": f"gpio:/dev/gpiochip9:{LINE}",
        "no line": f"gpio:{plain.chip.device}:99",
        "no gpio": f"gpio:/dev/null:{LINE}",
    }
    report["refused"] = {name: strike.refused(plain, line) for name, line in nowhere.items()}
    report["unlevelled"] = _claimed_without_a_level(strikes[2])
    return report | {"kernel": platform.release()}


def _of_wiring(wired: strike.Strike) -> dict[str, object]:
    locked = wired.wiring.locked
    return {
        "locked": locked,
        "claimed": strike.claimed(wired),
        "leased": strike.leased(wired),
        "left by its client": strike.left_by_its_client(wired),
        "SIGTERM": [strike.ended(wired, signal.SIGTERM, pull) for pull in (locked, 1 - locked)],
        "SIGKILL": [strike.ended(wired, signal.SIGKILL, pull) for pull in (locked, 1 - locked)],
        "contended": strike.contended(wired),
        "checked": strike.checked(wired),
    }


def _claimed_without_a_level(wired: strike.Strike) -> list[int]:
    """Claim as a careless program does, so that it is seen that the record would show it."""
    request = line_request(LINE, wired.wiring.active_low, True)
    request[_ATTRIBUTES] = bytes(48)
    wired.record.clear()
    with wired.chip.device.open("rb+", buffering=0) as device:
        fcntl.ioctl(device, GET_LINE, request)
    return [turn.level for turn in wired.record.turns()]


def _mount(libc: ctypes.CDLL, kind: str, folder: str, options: str) -> None:
    if libc.mount(kind.encode(), folder.encode(), kind.encode(), 0, options.encode()):
        raise OSError(ctypes.get_errno(), f"{kind} cannot be mounted on {folder}")


if __name__ == "__main__":
    main()
