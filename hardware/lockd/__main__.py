"""`meroppet-lockd`: settings from a TOML file and the command line, then the loop."""

import argparse
import os
import signal
import socket
import sys
import tomllib
from pathlib import Path

from hardware.lockd.daemon import Daemon
from hardware.lockd.line import open_line

LONGEST_LEASE = 10.0
DEFAULTS = {"socket": "/run/meroppet/lockd.sock", "line": "", "polarity": "fail_secure", "max_lease": LONGEST_LEASE}


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM; 0 after a clean stop, 1 with one sentence when lockd cannot do its work."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        return serve(settings(argv))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"meroppet-lockd: {error}\n")
        return 1


def settings(argv: list[str] | None) -> argparse.Namespace:
    """Defaults < the file's keys < the command line; raises OSError, ValueError."""
    parser = argparse.ArgumentParser(
        "meroppet-lockd", description="Owns a door's strike; all others ask it for leases."
    )
    parser.add_argument("--config", type=Path, help="TOML file with " + ", ".join(DEFAULTS))
    parser.add_argument("--socket")
    parser.add_argument("--line", help="gpio:/dev/gpiochip0:17[:active-low] or virtual:SOCKET")
    parser.add_argument("--polarity", help="fail_secure: power opens; fail_safe: power locks")
    parser.add_argument("--max-lease", type=float, help="seconds, at most 10")
    parser.add_argument("--check", action="store_true", help="open the line (which locks it) and exit")
    path = parser.parse_known_args(argv)[0].config
    chosen = DEFAULTS | (tomllib.loads(path.read_text()) if path else {})
    if unknown := sorted(set(chosen) - set(DEFAULTS)):
        raise ValueError(f"{path}: unknown setting {unknown[0]!r}; known: {', '.join(DEFAULTS)}")
    parser.set_defaults(**chosen)
    return valid(parser.parse_args(argv))


def valid(chosen: argparse.Namespace) -> argparse.Namespace:
    """Return settings that can be served; raises ValueError."""
    if not isinstance(chosen.line, str) or not isinstance(chosen.socket, str):
        raise ValueError("line and socket are text, such as line = 'gpio:/dev/gpiochip0:17'")
    if chosen.polarity not in ("fail_secure", "fail_safe"):
        raise ValueError(f"polarity {chosen.polarity!r} is neither fail_secure nor fail_safe")
    if not isinstance(chosen.max_lease, int | float) or not 0 < chosen.max_lease <= LONGEST_LEASE:
        raise ValueError(f"max_lease {chosen.max_lease!r} is not within 0 and 10 seconds")
    return chosen


def serve(chosen: argparse.Namespace) -> int:
    """Lock, listen, serve; raises OSError when the line or the socket cannot be had."""
    released_level = chosen.polarity == "fail_secure"
    line = open_line(chosen.line, locked=not released_level)
    if not chosen.check:
        with listen(Path(chosen.socket)) as server:
            Daemon(line, server, released_level=released_level, max_lease=chosen.max_lease).run()
    return 0


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
    sys.exit(main())
