"""`meroppet-lockd`: settings from a TOML file and the command line, then the loop."""

import argparse
import os
import re
import signal
import socket
import sys
import tomllib
from pathlib import Path

from hardware.lockd.daemon import Daemon
from hardware.lockd.line import open_line

SETTINGS = {
    "socket": ("/run/meroppet/lockd.sock", "where to listen"),
    "line": ("", "gpio:/dev/gpiochip0:17[:active-low] or virtual:SOCKET"),
    "polarity": ("fail_secure", "fail_secure: power opens; fail_safe: power locks"),
    "max_lease": ("10", "longest lease in seconds, at most 10"),
}


def main(argv: list[str] | None = None) -> None:
    """Run until SIGTERM; exits with 0 after a clean stop, with 1 and one sentence when lockd cannot do its work."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        chosen = settings(argv)
        opens = chosen.polarity == "fail_secure"
        power = open_line(chosen.line, not opens)
        if not chosen.check:
            with listen(Path(chosen.socket)) as server:
                Daemon(power, server, opens=opens, max_lease=float(chosen.max_lease)).run()
    except (OSError, ValueError) as error:
        sys.exit(f"meroppet-lockd: {error}")


def settings(argv: list[str] | None) -> argparse.Namespace:
    """Defaults < the file's keys < the command line; raises OSError, ValueError."""
    parser = argparse.ArgumentParser(
        "meroppet-lockd", description="Owns a door's strike; all others ask it for leases."
    )
    parser.add_argument("--config", type=Path, help="TOML file with these settings, _ for -")
    parser.add_argument("--check", action="store_true", help="open the line (which locks it) and exit")
    for name, (default, text) in SETTINGS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=default, help=text)
    path = parser.parse_known_args(argv)[0].config
    chosen = {name: str(value) for name, value in (tomllib.loads(path.read_text()) if path else {}).items()}
    if unknown := sorted(chosen.keys() - SETTINGS):
        raise ValueError(f"{path}: unknown setting {unknown[0]!r}; known: {', '.join(SETTINGS)}")
    parser.set_defaults(**chosen)
    return valid(parser.parse_args(argv))


def valid(chosen: argparse.Namespace) -> argparse.Namespace:
    """Return the settings if they can be served; raises ValueError."""
    if chosen.polarity not in ("fail_secure", "fail_safe"):
        raise ValueError(f"polarity {chosen.polarity!r} is neither fail_secure nor fail_safe")
    if not re.fullmatch(r"\d+(\.\d+)?", chosen.max_lease) or not 0 < float(chosen.max_lease) <= 10:
        raise ValueError(f"max_lease {chosen.max_lease!r} is not within 0 and 10 seconds")
    return chosen


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
