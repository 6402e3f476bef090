"""What the server answers instead (RFC 9457): a closed code, a sentence for the log, never a stack trace."""

from enum import StrEnum

from meroppet.wire.base import Reply

MEDIA_TYPE = "application/problem+json"


class ProblemCode(StrEnum):
    """Why a request was not done; the device acts on the code."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_DEVICE = "unknown_device"
    BAD_SIGNATURE = "bad_signature"
    REPLAYED = "replayed"
    UNKNOWN_BOOT = "unknown_boot"
    REVOKED = "revoked"
    NOT_ALLOWED = "not_allowed"
    CODE_SPENT = "code_spent"
    TOO_MANY = "too_many"
    START_OVER = "start_over"
    UNAVAILABLE = "unavailable"


class Problem(Reply):
    """One refusal. `title` is a sentence in English for logs and installers."""

    code: ProblemCode
    title: str
    status: int
