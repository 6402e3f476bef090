"""What can go wrong with a driver, by what the caller can do about it. Refusals to patrons live elsewhere."""


class DriverError(Exception):
    """A driver cannot be had, or its device is not there; the message is a sentence for the installer."""


class NotInstalled(DriverError, LookupError):
    """No installed package offers this driver: correct the name or install the package."""


class CannotLoad(DriverError, ImportError):
    """The driver is installed but does not start on this machine: install what it needs."""


class BadOptions(DriverError, ValueError):
    """The driver refuses the options it was given: correct the configuration."""


class Ambiguous(DriverError, LookupError):
    """Two installed packages offer the same driver: uninstall one."""


class Lost(DriverError, ConnectionError):
    """The device does not answer now; it may come back."""
