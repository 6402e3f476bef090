"""The zone data a device needs to know the hour on a wall clock: checked at its start, for without it no hours hold."""

from zoneinfo import ZoneInfo

from meroppet.device.errors import ZonesMissing

DEFAULT = "Europe/Stockholm"
"""Asked for whatever the branch says: a device that does not know it has no zone data at all."""


def require_zones(*names: str) -> None:
    """Raise ZonesMissing unless this machine knows the named time zones, and the usual one."""
    for name in (DEFAULT, *names):
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ZonesMissing(
                f"the time zone {name} is not known on this device; install its zone data (the tzdata package)"
            ) from error
