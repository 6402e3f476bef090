"""Every exception this package raises, by what the caller can do about it."""


class SIP2Error(Exception):
    """Base of all errors of this package; nothing else leaves it, whatever bytes come in."""

    kind = "error"


class SIP2MalformedError(SIP2Error, ValueError):
    """The peer sent what is no SIP2 message: drop it, or the connection."""

    kind = "malformed"


class SIP2TooLongError(SIP2Error, ValueError):
    """The peer sent a line beyond the cap: the stream cannot be trusted any more, drop the connection."""

    kind = "too_long"


class SIP2LocalError(SIP2Error, RuntimeError):
    """This program used a session in an order the protocol does not have: a defect here, not at the peer."""

    kind = "local"
