"""`meroppet-kiosk`: what is needed is imported here, in one go; command.py is what it does."""

import sys

from meroppet.runtime.starting import starting


def main(argv: list[str] | None = None) -> int:
    """0 when done or stopped in order, 1 with one sentence when something is wrong, 2 for a wrong command line."""
    with starting():
        from kiosk.command import main as command
    return command(argv)


if __name__ == "__main__":
    sys.exit(main())
