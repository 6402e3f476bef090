"""The options of `meroppet-server ask`; nothing is read or asked here."""

import argparse
from datetime import datetime
from pathlib import Path

CARD_VARIABLE = "MEROPPET_CARD"
WHY = ("here", "contact", "incident", "upkeep")

USAGE = "meroppet-server ask --branch BRANCH [--card NUMBER | --card-file FILE] [--at TIME] [--why WHY] [--json]"
ABOUT = f"""Would this card open that branch's door then, and which rule decides? The door's own rules are asked with
what the server knows now, and the PIN is taken to be right. Without --card the number is taken from {CARD_VARIABLE} in
the environment, typed unseen, or read as a line of standard input: an argument can be read by every user of the machine
and stays in the shell's history. The look is written in the log, with --why. Exit code 0: the door would open; 1: it
would not; 2: what was asked is wrong or cannot be answered, and one sentence says so."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the subcommand its options."""
    parser.usage, parser.description = USAGE, ABOUT
    parser.add_argument("--branch", required=True, help="the branch's id")
    cards = parser.add_mutually_exclusive_group()
    cards.add_argument("--card", help="the number; better not here, see above")
    cards.add_argument("--card-file", type=Path, metavar="FILE", help="file whose first line is the number")
    parser.add_argument(
        "--at", type=_moment, metavar="TIME",
        help="such as 2026-11-22T18:05 by the branch's clock, or with an offset; default: now",
    )  # fmt: skip
    parser.add_argument("--why", choices=WHY, default="contact", help="why it is asked, for the log; default: contact")
    parser.add_argument("--by", default="command line", metavar="NAME", help="whom the log names")
    parser.add_argument("--lang", choices=("sv", "en"), default="en", help="language of the sentences")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no time; write it like 2026-11-22T18:05") from error
    if not 1971 <= found.year <= 2199:
        raise argparse.ArgumentTypeError(f"'{text}' is not within 1971-2199; correct the year")
    return found
