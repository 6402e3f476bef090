"""The client's side of one SIP2 connection as a state machine without I/O: what may be sent when, what answers what.

In the manner of h11: `send` gives bytes to write, `receive` takes bytes read and gives events, and nothing here waits.
After a `Broken` event, or when the caller's time is out, the connection is dropped: a late answer must never be taken
for the next one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from meroppet.sip2.codec import LineCutter, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2Error, SIP2LocalError, SIP2TooLongError
from meroppet.sip2.fields import ZoneStyle, read_flag
from meroppet.sip2.messages import RESPONSE_TO, Checksum, RawMessage
from meroppet.sip2.requests import in_zone_style, resend
from meroppet.sip2.views import AcsStatusView


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How one register wants its bytes."""

    coding: TextCoding = field(default_factory=TextCoding)
    terminator: bytes = b"\r"
    delimiter: str = "|"
    error_detection: bool = True
    code_point_sum: bool = False
    """Whether a checksum over characters is believed as well as one over bytes."""
    zone: ZoneStyle = ZoneStyle.BLANK
    """What stands in the zone of every timestamp that is sent."""
    needs_login: bool = True
    resends: int = 3
    """How often 96 is obeyed and 97 sent for one exchange (98's retries_allowed may lower it; 3M guide: at most 3)."""


class State(StrEnum):
    """Where a connection stands."""

    CONNECTED = "connected"
    LOGIN_SENT = "login_sent"
    LOGGED_IN = "logged_in"
    STATUS_SENT = "status_sent"
    READY = "ready"
    IN_FLIGHT = "in_flight"
    BROKEN = "broken"


class Cause(StrEnum):
    """Why a connection must be dropped."""

    LOGIN_REFUSED = "login_refused"
    BAD_CHECKSUM = "bad_checksum"
    MALFORMED = "malformed"
    UNASKED = "unasked"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the request in flight. `verified` is False where a repeat after 97 came without a checksum."""

    message: RawMessage
    verified: bool


@dataclass(frozen=True, slots=True)
class Resend:
    """Bytes to write now; the request stays in flight."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection is to be dropped."""

    cause: Cause


Event = Answer | Resend | Broken

AFTER_SENDING: Mapping[tuple[State, str], State] = {
    (State.CONNECTED, "93"): State.LOGIN_SENT,
    (State.LOGGED_IN, "99"): State.STATUS_SENT,
    (State.READY, "99"): State.STATUS_SENT,
    (State.READY, "*"): State.IN_FLIGHT,
}
"""Which requests a state allows; "*" is every other request. All else is a defect of the caller."""

AFTER_ANSWER: Mapping[State, State] = {
    State.LOGIN_SENT: State.LOGGED_IN,
    State.STATUS_SENT: State.READY,
    State.IN_FLIGHT: State.READY,
}

REFUSING_ANSWER: Mapping[str, str] = {"94": "ok", "98": "online"}
"""Answers whose first flag must be yes for the connection to be of use."""


class Heard(StrEnum):
    """What a line from the register is, to the request in flight."""

    ANSWER = "answer"
    LOGIN_REFUSED = "login_refused"
    OFFLINE = "offline"
    RESEND_REQUEST = "resend_request"
    OTHER_NUMBER = "other_number"
    OTHER_MESSAGE = "other_message"
    BAD_CHECKSUM = "bad_checksum"
    NO_CHECKSUM = "no_checksum"
    GARBLED = "garbled"


class Reaction(StrEnum):
    """What is done about it."""

    ACCEPT = "accept"
    WAIT = "wait"
    SEND_AGAIN = "send_again"
    ASK_AGAIN = "ask_again"
    BREAK = "break"


REACTIONS: Mapping[Heard, tuple[Reaction, Cause]] = {
    Heard.ANSWER: (Reaction.ACCEPT, Cause.MALFORMED),
    Heard.LOGIN_REFUSED: (Reaction.BREAK, Cause.LOGIN_REFUSED),
    Heard.OFFLINE: (Reaction.BREAK, Cause.OFFLINE),
    Heard.RESEND_REQUEST: (Reaction.SEND_AGAIN, Cause.BAD_CHECKSUM),
    # 3M guide: an answer with another number belongs to another request; discard it and go on waiting.
    Heard.OTHER_NUMBER: (Reaction.WAIT, Cause.UNASKED),
    Heard.OTHER_MESSAGE: (Reaction.BREAK, Cause.MALFORMED),
    Heard.BAD_CHECKSUM: (Reaction.ASK_AGAIN, Cause.BAD_CHECKSUM),
    Heard.NO_CHECKSUM: (Reaction.ASK_AGAIN, Cause.BAD_CHECKSUM),
    Heard.GARBLED: (Reaction.ASK_AGAIN, Cause.MALFORMED),
}
"""For each kind of line, the reaction, and the cause of the break once no repeats are left.

While nothing is in flight every line breaks the connection as unasked.
"""


class ClientSession:
    """One connection's protocol state: one request in flight, sequence 0–9, bounded repeats."""

    def __init__(self, form: WireFormat) -> None:
        self._form = form
        self._cutter = LineCutter()
        self._state = State.CONNECTED if form.needs_login else State.LOGGED_IN
        self._sequence = -1
        self._sent: RawMessage | None = None
        self._resends_left = 0
        self._repeat_asked = False
        self._allowed_resends = form.resends
        self._has_discarded = False
        self._status: AcsStatusView | None = None

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def is_idle(self) -> bool:
        """True when the next request can be sent, and nothing has come that could be taken for its answer."""
        return self._state is State.READY and not self._cutter.unfinished.strip(b" \0")

    @property
    def has_discarded(self) -> bool:
        """True when an answer with another sequence number came since the last request was sent."""
        return self._has_discarded

    @property
    def timeout(self) -> float | None:
        """Seconds the register says it takes at most for one exchange (98); None where it has not said."""
        return self._status.timeout if self._status is not None else None

    def send(self, request: RawMessage) -> bytes:
        """The bytes of a request, which is now in flight; SIP2LocalError where the state does not allow it."""
        following = AFTER_SENDING.get((self._state, request.code)) or AFTER_SENDING.get((self._state, "*"))
        if following is None or request.code not in RESPONSE_TO:
            raise SIP2LocalError(f"message {request.code} cannot be sent while the connection is {self._state}")
        self._state, self._sent = following, in_zone_style(request, self._form.zone)
        self._sequence = (self._sequence + 1) % 10
        self._resends_left, self._repeat_asked = self._allowed_resends, False
        self._has_discarded = False
        return self._bytes(self._sent)

    def receive(self, data: bytes) -> list[Event]:
        """The events in what was read; nothing is raised for anything the peer sends."""
        if self._state is State.BROKEN:
            return []
        try:
            lines = self._cutter.feed(data)
        except SIP2TooLongError as error:
            events = self._events(error.before)
            is_over = bool(events) and isinstance(events[-1], Broken)
            return events if is_over else [*events, self._broken(Cause.MALFORMED)]
        return self._events(lines)

    def silence(self) -> list[Event]:
        """What the unfinished line means when nothing follows it: some registers send 96 without its CR."""
        rest = self._cutter.unfinished.strip()
        if self._state is State.BROKEN or rest not in (b"96", b"96AZFEF6"):
            return []
        self._cutter.clear()
        return self._events([rest])

    def _events(self, lines: Iterable[bytes]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            event = self._event(line)
            if event is not None:
                events.append(event)
            if self._state is State.BROKEN:
                break
        return events

    def _event(self, line: bytes) -> Event | None:
        if self._sent is None:
            return self._broken(Cause.UNASKED)
        try:
            message = decode(line, self._form.coding, self._form.delimiter, code_point_sum=self._form.code_point_sum)
        except SIP2Error:
            return self._react(Heard.GARBLED, None, self._sent)
        return self._react(self._heard(message, self._sent), message, self._sent)

    def _heard(self, message: RawMessage, sent: RawMessage) -> Heard:
        form = self._form
        if message.checksum is Checksum.INVALID:
            return Heard.BAD_CHECKSUM
        if message.code == "96":
            return Heard.RESEND_REQUEST
        if message.checksum is Checksum.ABSENT and form.error_detection and not self._repeat_asked:
            return Heard.NO_CHECKSUM
        if not self._is_in_sequence(message):
            return Heard.OTHER_NUMBER
        if message.code != RESPONSE_TO[sent.code] or not message.has_whole_header:
            return Heard.OTHER_MESSAGE
        flag = REFUSING_ANSWER.get(message.code)
        if flag is not None and read_flag(message.fixed_field(flag)) is not True:
            return Heard.LOGIN_REFUSED if message.code == "94" else Heard.OFFLINE
        return Heard.ANSWER

    def _react(self, heard: Heard, message: RawMessage | None, sent: RawMessage) -> Event | None:
        reaction, cause = REACTIONS[heard]
        match reaction:
            case Reaction.ACCEPT if message is not None:
                return self._accept(message)
            case Reaction.WAIT:
                self._has_discarded = True
                return None
            case Reaction.SEND_AGAIN:
                return self._send_again(sent, cause)
            case Reaction.ASK_AGAIN:
                return self._ask_again(heard, cause)
        return self._broken(cause)

    def _accept(self, message: RawMessage) -> Event:
        if message.code == "98":
            self._obey(AcsStatusView(message))
        self._state, self._sent = AFTER_ANSWER[self._state], None
        return Answer(message, message.checksum is Checksum.VALID or not self._form.error_detection)

    def _obey(self, status: AcsStatusView) -> None:
        self._status = status
        if status.retries is not None:
            self._allowed_resends = min(self._form.resends, status.retries)

    def _is_in_sequence(self, message: RawMessage) -> bool:
        if not self._form.error_detection:
            return True
        if self._repeat_asked and message.sequence in (0, None):
            # After 97 registers repeat with the same number, with AY0, or without AY and AZ.
            return True
        return message.sequence == self._sequence

    def _ask_again(self, heard: Heard, cause: Cause) -> Event:
        if self._resends_left == 0 or (heard is Heard.GARBLED and not self._form.error_detection):
            return self._broken(cause)
        self._resends_left -= 1
        self._repeat_asked = True
        return Resend(self._bytes(resend()))

    def _send_again(self, sent: RawMessage, cause: Cause) -> Event:
        # 96 in answer to 97 has failed: each side asks the other (3M guide).
        if self._resends_left == 0 or self._repeat_asked:
            return self._broken(cause)
        self._resends_left -= 1
        return Resend(self._bytes(sent))

    def _broken(self, cause: Cause) -> Broken:
        self._state, self._sent = State.BROKEN, None
        return Broken(cause)

    def _bytes(self, message: RawMessage) -> bytes:
        form = self._form
        return encode(
            message,
            form.coding,
            sequence=self._sequence,
            error_detection=form.error_detection,
            terminator=form.terminator,
            delimiter=form.delimiter,
        )
