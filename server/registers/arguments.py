"""What can be typed after `meroppet-server ils doctor`."""

import argparse
from datetime import date
from pathlib import Path

from meroppet.ils.profiles import PRESETS
from server.registers.settings import is_fingerprint, is_zone

PASSWORD_VARIABLE = "MEROPPET_DOCTOR_PASSWORD"  # noqa: S105 (the name of a variable)
PIN_VARIABLE = "MEROPPET_DOCTOR_PIN"

_ABOUT = f"""Looks at a register as a door will: the connection, the sign-in, letters, checksums, which field carries
what, what becomes of right, wrong and missing PINs, and how fast it is. One wrong PIN is sent, with the right one after
it. Nothing is written to the register without --try-loan. The password comes from the settings, ${PASSWORD_VARIABLE}
or a prompt; the PIN from ${PIN_VARIABLE} or a prompt; without a terminal, each is a line of standard input.
Exit code 0: nothing speaks against a door; 1: something does, or not enough was seen; 2: misuse."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ils`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    doctor = actions.add_parser("doctor", help="examine a register with a test patron", description=_ABOUT)
    _which(doctor.add_argument_group("a register of the settings"))
    _where(doctor.add_argument_group("or a register anywhere"))
    _whom(doctor.add_argument_group("the test patron and the test item"))
    _how(doctor.add_argument_group("what is only done when asked for"))
    doctor.add_argument("--json", action="store_true", help="print all of it as JSON")
    doctor.add_argument("--patience", type=_seconds, default=5.0, metavar="SECONDS", help="for each answer (5)")


def _which(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--register", metavar="ID", help="its id in the settings")
    group.add_argument("--branch", metavar="ID", help="as whose account; without it the register's first")


def _where(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", help="host name or address")
    group.add_argument("--port", type=_port, default=6001, help="TCP port (6001)")
    group.add_argument("--user", default="", help="SIP2 user (CN); without it nobody signs in")
    group.add_argument("--institution", default="", metavar="AO", help="institution (AO)")
    group.add_argument("--location", metavar="CP", help="location (CP)")
    group.add_argument("--zone", type=_zone, default="Europe/Stockholm", help="time zone of its dates")
    group.add_argument("--tls", action="store_true", help="speak TLS")
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="CA of its certificate, PEM")
    group.add_argument("--pinned-sha256", type=_fingerprint, metavar="HEX", help="SHA-256 of its certificate")
    group.add_argument("--plain-text", action="store_true", help="send the PIN in plain text over the network")
    group.add_argument("--profile", choices=sorted(PRESETS), help="begin from this preset, not from the nearest")


def _whom(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--card", default="", help="card number of a test patron in good standing")
    group.add_argument("--item", default="", metavar="BARCODE", help="a test item that stands on its shelf")
    group.add_argument("--blocked-card", default="", metavar="CARD", help="card of a patron who is blocked")
    group.add_argument("--name", help="the test patron's name as it should read, if it has å, ä or ö; not printed")
    group.add_argument("--born", type=_day, metavar="DATE", help="her birth date, 1980-12-24; not printed")
    group.add_argument("--expires", type=_day, metavar="DATE", help="the day her card runs out")
    group.add_argument("--category", help="her category in the register")
    group.add_argument("--age-limit", type=int, default=0, metavar="YEARS", help="the least age at the branch, if any")
    group.add_argument("--home", help="her home branch in the register")


def _how(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--try-empty-pin", action="store_true", help="send an empty PIN, once")
    group.add_argument("--try-lock-out", action="store_true", help="wrong PINs until locked; staff must unlock her")
    group.add_argument("--try-loan", action="store_true", help="lend the test item and take it back")
    group.add_argument("--idle", type=_seconds, default=0.0, metavar="SECONDS", help="wait so long to be hung up on")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write it as 1980-12-24") from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port; give a number from 1 to 65535")
    return int(text)


def _zone(text: str) -> str:
    if not is_zone(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no time zone; write it as Europe/Stockholm")
    return text


def _fingerprint(text: str) -> str:
    if not is_fingerprint(text):
        raise argparse.ArgumentTypeError("a SHA-256 is 64 hexadecimal digits, with or without colons")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds") from error
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError("seconds are more than 0 and at most 3600")
    return seconds
