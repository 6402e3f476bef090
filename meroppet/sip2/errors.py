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

    def __init__(self, message: str, before: tuple[bytes, ...] = ()) -> None:
        super().__init__(message)
        self.before = before
        """The whole lines that came before the endless one."""


class SIP2EncodingError(SIP2Error, ValueError):
    """A configuration names an encoding that cannot be used: correct it."""

    kind = "unknown_encoding"


class SIP2LocalError(SIP2Error, RuntimeError):
    """This program used a session in an order the protocol does not have: a defect here, not at the peer."""

    kind = "local"
