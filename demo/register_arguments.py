"""The command line of `meroppet-demo register`."""

import argparse
from pathlib import Path

from demo.consortia import CHOICES
from demo.ports import HOST
from demo.register_account import PASSWORD_VARIABLE
from demo.register_orders import HELP, TERMINATORS
from demo.register_stock import STOCKS
from demo.register_words import dialects, faults
from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_faults import Fault

_ABOUT = """\
A library system to test against: SIP2 2.00 over TCP, every request answered from a small library in memory. At the
start it tells whom to sign in as, and the cards, PINs and items there are. Nothing is kept when it ends."""


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line; `orders` gathers what could as well be ordered later."""
    made = argparse.ArgumentParser(
        "meroppet-demo register",
        description=_ABOUT,
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.set_defaults(orders=[])
    made.add_argument("--host", default=HOST, help=f"address to listen on ({HOST}); elsewhere only with a password")
    made.add_argument("--port", type=_port, default=6001, metavar="N", help="port to listen on (6001); 0 for any")
    made.add_argument("--branch", choices=CHOICES, default="skiljebo", help="the branch of the account (skiljebo)")
    made.add_argument(
        "--state",
        choices=STOCKS,
        default="training",
        help="a patron and an item of every kind (training), or the demo's",
    )
    _ordering(made)
    made.add_argument(
        "--control", type=_port, metavar="N", help=f"take orders, a line each, on this port of {HOST} too"
    )
    made.add_argument("--quiet", action="store_true", help="tell nothing on standard output")
    made.add_argument("--until-input-ends", action="store_true", help="end when standard input does")
    made.add_argument(
        "--clock",
        type=Path,
        default=Path("/nonexistent"),
        metavar="FILE",
        help="file with seconds to turn the clock by",
    )
    return made


def _ordering(made: argparse.ArgumentParser) -> None:
    """Options that are the first orders, in the order they are given; a dialect comes before what changes it."""
    made.add_argument(
        "--dialect", choices=DIALECTS, default="koha", metavar="NAME", help="the system to speak as (koha)"
    )
    made.add_argument(
        "--fault",
        choices=[each.value for each in Fault],
        action=_Order,
        metavar="NAME",
        help="what is wrong from the start",
    )
    made.add_argument(
        "--fault-from-login",
        choices=[each.value for each in Fault],
        action=_Order,
        metavar="NAME",
        help="the same, login and 99 not spared",
    )
    made.add_argument("--seconds", action=_Order, metavar="N", help="how long slow and late answers take (3)")
    made.add_argument("--idle", action=_Order, metavar="N", help="seconds of silence after which a connection is ended")
    made.add_argument(
        "--lock-after", action=_Order, metavar="N", help="wrong PINs in a row that lock a card (3); 0 for never"
    )
    made.add_argument("--encoding", action=_Order, metavar="NAME", help="such as utf-8, latin-1, cp850, ascii")
    made.add_argument("--terminator", choices=TERMINATORS, action=_Order, help="what ends an answer")
    made.add_argument(
        "--error-detection", choices=("on", "off"), action=_Order, help="checksums and sequence numbers (on)"
    )


class _Order(argparse.Action):
    """Turns an option into the order of the same name."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 (argparse's shape)
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        name = (option_string or "").removeprefix("--")
        order = f"fault {values} from-login" if name == "fault-from-login" else f"{name} {values}"
        namespace.orders = [*namespace.orders, order]


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _epilog() -> str:
    orders = "\n".join(f"  {line}" for line in HELP.splitlines())
    return (
        f"dialects:\n{dialects()}\n\nfaults:\n{faults()}\n\n"
        f"orders while it runs, a line each on standard input or on the --control port:\n{orders}\n\n"
        f"The password is that in {PASSWORD_VARIABLE}; without one it is told at the start."
    )
