"""The options of `meroppet-server rights`; nothing is read or written here."""

import argparse
from pathlib import Path

USAGE = "meroppet-server rights rekey FILE --branch BRANCH [--dry-run] [--by NAME]"
ABOUT = """rekey gives the patrons of a library system the new numbers in a CSV file, one pair a line: old,new. --branch
is any branch with an account in that library system. Says how many lines move a patron, are about nobody here, or are
left out because two patrons would have one number; with --dry-run it changes nothing. More patrons than the brake lets
pass (docs/access.md) wait for a person on the page /held. Exit code 0: done; 1: not now, or something waits or was left
out; 2: what was asked or written is wrong, and one sentence says what to write."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the subcommand its options."""
    parser.usage, parser.description = USAGE, ABOUT
    parser.add_argument("what", choices=("rekey",), help="what to do")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with old,new on each line")
    parser.add_argument("--branch", required=True, help="a branch with an account in the library system")
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--by", default="command line", metavar="NAME", help="whom the log names")
