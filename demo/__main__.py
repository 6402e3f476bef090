"""`meroppet-demo`: starts everything and stays up; `--check` plays one visit; `register` is its library system."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (whoever has an older one must be told, not shown a traceback)
    sys.exit(f"meroppet-demo: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when all went well, 1 with one sentence on standard error otherwise."""
    given = sys.argv[1:] if arguments is None else arguments
    # Each part is imported only where it is asked for: a warm start may not take longer than three seconds.
    if given[:1] == ["register"]:
        from demo import register

        return register.main(given[1:])
    if given[:1] == ["seed"]:
        from demo import seeding

        return seeding.main(given[1:])
    from demo import command

    return command.main(given)


if __name__ == "__main__":
    sys.exit(main())
