"""A stand-in for the package RPi, put on sys.path by tests of the gpio drivers: RPi.GPIO imports on a Pi alone."""  # noqa: N999 - the name it stands in for
