"""The options of `meroppet-server hours`; nothing is read or written here."""

import argparse
from datetime import date, datetime
from pathlib import Path

USAGE = """meroppet-server hours BRANCH [--from DAY] [--to DAY] [--file SCHEDULE.toml] [--explain]
       meroppet-server hours export PLACE [--output FILE]
       meroppet-server hours import PLACE FILE.toml|FILE.csv|FILE.ics [--dry-run] [--by NAME]"""
ABOUT = """Prints a branch's opening hours, one JSON line a span: start, end (with offset), state, rule. Both days are
included: --from 2025-04-07 --to 2025-04-12 ends with Saturday. export writes the whole schedule as a TOML file; import
makes a branch's own pattern and exceptions what a TOML file says, or adds deviations from a CSV or iCalendar file
(docs/hours.md). A PLACE is a branch, or a municipality, group or consortium for its exceptions. Exit code 0: done;
1: not now, and one sentence says why; 2: what was asked or written is wrong, and one sentence says what to write."""

Moment = date | datetime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the subcommand its options."""
    parser.usage, parser.description = USAGE, ABOUT
    parser.add_argument("words", nargs="+", metavar="BRANCH", help="a branch's id, or export or import")
    parser.add_argument(
        "--from", dest="since", type=_moment, metavar="DAY", help="first day, or a time with its offset; default: today"
    )
    parser.add_argument(
        "--to", dest="until", type=_moment, metavar="DAY",
        help="last day, included; or a time with its offset, at which it ends; default: six days after --from",
    )  # fmt: skip
    parser.add_argument(
        "--file", dest="schedule", type=Path, metavar="SCHEDULE.toml",
        help="read the schedule from this file; needs no database and no settings, and BRANCH is only a name",
    )  # fmt: skip
    parser.add_argument(
        "--explain", action="store_true", help="with the rules each span's rule beat, reasons, closing steps"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="export: write here instead of standard output")
    parser.add_argument("--dry-run", action="store_true", help="import: only say what would change")
    parser.add_argument("--by", default="command line", metavar="NAME", help="import: whom the history names")


def _moment(text: str) -> Moment:
    try:
        if len(text) == len("2025-04-07"):
            found: Moment = date.fromisoformat(text)
        else:
            found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no day; write it like 2025-04-07, or a time like 2025-04-07T15:00+02:00"
        ) from error
    if isinstance(found, datetime) and found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"'{text}' has no offset; write it like {text}+02:00, or only the day")
    if not 1971 <= found.year <= 2199:
        raise argparse.ArgumentTypeError(f"'{text}' is not within 1971–2199; correct the year")
    return found
