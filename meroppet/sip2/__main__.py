"""`python -m meroppet.sip2 decode|encode FILE.jsonl`: SIP2 messages to JSON and back, a line at a time."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from meroppet.sip2.json_lines import Object, converted, decoded, encoded

_CHANGES: dict[str, Callable[[Object], Object]] = {"decode": decoded, "encode": encoded}
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every line was read, whatever was in it; 1 when the file could not be."""
    parser = argparse.ArgumentParser(
        "python -m meroppet.sip2",
        description="Reads lines of JSON and writes one line of JSON for each; blank lines are passed over.",
        epilog='decode reads {"raw": "941AY1AZFDFC", "encoding": "utf-8"} and writes code, name, fixed, fields, '
        "checksum and sequence, or error with its kind; encode does the reverse. docs/sip2.md tells everything.",
    )
    parser.add_argument("change", choices=sorted(_CHANGES), metavar=f"{{{','.join(sorted(_CHANGES))}}}")
    parser.add_argument("file", metavar="FILE.jsonl", help="- for standard input")
    chosen = parser.parse_args(arguments)
    if sys.stdout is None or (chosen.file == "-" and sys.stdin is None):
        # Closed by whoever started this; Python then has no such stream at all.
        return 1
    try:
        if chosen.file == "-":
            return _convert(sys.stdin.buffer, _CHANGES[chosen.change], is_live=True)
        # This package does not know about paths: the built-in is all it needs.
        with open(chosen.file, "rb") as file:  # noqa: PTH123
            return _convert(file, _CHANGES[chosen.change], is_live=False)
    except BrokenPipeError:
        # Whoever read has had enough.
        _forget_what_could_not_be_written()
        return 0
    except OSError as error:
        what = f"{chosen.file} cannot be read" if error.filename is not None else "it cannot be read or written on"
        print(f"{what}: {error.strerror or error}", file=sys.stderr)
        _forget_what_could_not_be_written()
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _forget_what_could_not_be_written() -> None:
    # Python would try once more on its way out, complain, and end with a code of its own (120).
    sys.stdout = open("/dev/null", "w")  # noqa: PTH123, SIM115


def _convert(lines: Iterable[bytes] | BinaryIO, change: Callable[[Object], Object], *, is_live: bool) -> int:
    out = sys.stdout.buffer
    for number, line in enumerate(lines):
        # A text editor may have put a byte order mark before the first line.
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 0 else line.strip()
        if not text:
            continue
        out.write(converted(text, change) + b"\n")
        if is_live:
            out.flush()
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
