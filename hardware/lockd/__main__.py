"""`meroppet-lockd`: settings from a TOML file and the command line, then the loop."""

import argparse
import os
import signal
import socket
import sys
import tomllib
from pathlib import Path

from hardware.lockd.daemon import MAIN, Daemon
from hardware.lockd.line import Drive, open_lock

SETTINGS = {
    "socket": ("/run/meroppet/lockd.sock", "where to listen"),
    "line": ("", "gpio:/dev/gpiochip0:17[:active-low] or virtual:SOCKET[:PART]"),
    "polarity": ("fail_secure", "fail_secure: power opens, as a strike; fail_safe: power locks, as a magnet"),
    "also": ("", "further locks, a space between: NAME:POLARITY:LINE, as night:fail_safe:gpio:/dev/gpiochip0:27"),
}


def main(argv: list[str] | None = None) -> None:
    """Run until SIGTERM; exits with 0 after a clean stop, with 1 and one sentence when lockd cannot do its work."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        chosen = settings(argv)
        locks = open_locks([f"{MAIN}:{chosen.polarity}:{chosen.line}", *chosen.also.split()])
        if not chosen.check:
            with listen(Path(chosen.socket)) as server:
                Daemon(locks).run(server)
    except (OSError, ValueError) as error:
        sys.exit(f"meroppet-lockd: {error}")


def settings(argv: list[str] | None) -> argparse.Namespace:
    """Defaults < the file's keys < the command line; raises OSError, ValueError."""
    parser = argparse.ArgumentParser("meroppet-lockd", description="Owns a door's locks; all others ask for leases.")
    parser.add_argument("--config", type=Path, help="TOML file with these settings")
    parser.add_argument("--check", action="store_true", help="open the lines (which locks them) and exit")
    for name, (default, text) in SETTINGS.items():
        parser.add_argument(f"--{name}", default=default, help=text)
    path = parser.parse_known_args(argv)[0].config
    chosen = {name: str(value) for name, value in (tomllib.loads(path.read_text()) if path else {}).items()}
    if unknown := sorted(chosen.keys() - SETTINGS):
        raise ValueError(f"{path}: unknown setting {unknown[0]!r}; known: {', '.join(SETTINGS)}")
    parser.set_defaults(**chosen)
    return parser.parse_args(argv)


def open_locks(wanted: list[str]) -> dict[str, Drive]:
    """Lock and return every NAME:POLARITY:LINE by its name; raises OSError, and ValueError for what makes no lock."""
    locks: dict[str, Drive] = {}
    for each in wanted:
        name, polarity, line = (*each.split(":", 2), "", "")[:3]
        if polarity not in ("fail_secure", "fail_safe") or name in locks:
            raise ValueError(
                f"lock {name!r} is named twice, or polarity {polarity!r} is neither fail_secure nor fail_safe"
            )
        locks[name] = open_lock(line, opens=polarity == "fail_secure")
    return locks


def listen(path: Path) -> socket.socket:
    """Bind the socket for owner and group alone; raises OSError when another lockd serves there."""
    with socket.socket(socket.AF_UNIX) as other:
        if other.connect_ex(str(path)) == 0:
            raise OSError(f"{path} is served by another lockd; stop that one first")
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    os.umask(0o117)
    server.bind(str(path))
    server.listen()
    return server


if __name__ == "__main__":
    main()
