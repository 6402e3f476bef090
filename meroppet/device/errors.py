"""What can go wrong on a device, by what the caller can do about it."""

from meroppet.wire.problems import Problem


class DeviceError(Exception):
    """A device cannot do its work; the message is a sentence for the log or the installer."""


class NotEnrolled(DeviceError, LookupError):
    """The device belongs to no branch yet: enrol it."""


class AlreadyEnrolled(DeviceError, ValueError):
    """The device belongs to a branch: say that it may be replaced."""


class EnrolmentFailed(DeviceError, ValueError):
    """The invitation or the server behind it cannot be used: make a new invitation or check the address."""


class ZonesMissing(DeviceError, LookupError):
    """The machine does not know a time zone: install its zone data."""


class StoreFailed(DeviceError, OSError):
    """Nothing was stored; the handle it happened on is not used again."""


class JournalFailed(StoreFailed):
    """The row is not on disk: nobody is let in on it."""


class HeadRefused(DeviceError, PermissionError):
    """An acknowledgement is not signed by the server as this device knows it: boot anew, its key may be another."""


class ChannelDown(DeviceError, ConnectionError):
    """The server gave no answer that can be understood, for `silent` seconds; it may later."""

    def __init__(self, message: str, silent: float = 0.0) -> None:
        super().__init__(message)
        self.silent = silent


class NotUnderstood(ChannelDown):
    """The server said what this version cannot mean, and it may be a restriction: start over, or update the device."""


class Refused(DeviceError, PermissionError):
    """The server answered no, with a code to act on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.title}")
        self.problem = problem
