"""`meroppet-demo`: starts everything and stays up; `--check` plays one visit; `register` is its library system."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (whoever has an older one must be told, not shown a traceback)
    sys.exit(f"meroppet-demo: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when all went well, 1 with one sentence on standard error otherwise."""
    from meroppet.runtime.starting import starting

    given = sys.argv[1:] if arguments is None else arguments
    # Each part is imported only where it is asked for: a warm start may not take longer than three seconds.
    with starting():
        match given[:1]:
            case ["register"]:
                from demo.register import main as run

                given = given[1:]
            case ["seed"]:
                from demo.seeding import main as run

                given = given[1:]
            case _:
                from demo.command import main as run
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
