"""Everything that reads a frame, each of which may refuse it in its own words and raise nothing else."""

import copy
import random
from collections import Counter
from datetime import UTC, date, datetime

from meroppet.ils.ports import HoldReason
from meroppet.ils.profiles import PRESETS
from meroppet.ils.sip2_account_answers import hold_answer, owed_minor, payment_answer
from meroppet.ils.sip2_answers import item_answer, loan_answer, patron_answer, return_answer, status_answer
from meroppet.sip2 import requests
from meroppet.sip2.acs_session import AcsForm, AcsSession, Request
from meroppet.sip2.codec import LineCutter, TextCoding, decode, encode
from meroppet.sip2.errors import SIP2MalformedError, SIP2TooLongError
from meroppet.sip2.json_lines import decoded, encoded
from meroppet.sip2.messages import Checksum, RawMessage, build
from meroppet.sip2.request_views import REQUEST_VIEWS
from meroppet.sip2.session import Answer, Broken, ClientSession, State, WireFormat
from meroppet.sip2.view_fields import Reading
from meroppet.sip2.views import (
    ANSWER_VIEWS,
    AcsStatusView,
    HoldView,
    ItemView,
    LoanView,
    PatronView,
    PaymentView,
    ReturnView,
)
from tests.fuzz.mutations import with_checksum

AT = datetime(2026, 11, 21, 22, 34, 38, tzinfo=UTC)
TODAY = date(2026, 11, 21)
CARD = "2000000001"
CODINGS = (
    TextCoding(),
    TextCoding("utf-8", None),
    TextCoding("cp850"),
    TextCoding("ascii", None),
    TextCoding("latin-1"),
)
_PROFILES = tuple(PRESETS.values())
_QUESTIONS = {
    "64": requests.patron_information(AT, "HUS", CARD, "1234"),
    "12": requests.checkout(AT, "HUS", CARD, "30000001"),
    "10": requests.checkin(AT, "HUS", "30000001"),
    "18": requests.item_information(AT, "HUS", "30000001"),
    "24": requests.patron_status(AT, "HUS", CARD, "1234"),
    "98": requests.sc_status(),
}
_VIEWS = {**ANSWER_VIEWS, **REQUEST_VIEWS}


class Readers:
    """One of each, kept alive from frame to frame as a connection would be."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.seen: Counter[str] = Counter()
        self._cutter = LineCutter()
        self._templates = [_ready(detected=True), _ready(detected=False)]
        self._clients = [_fresh(template) for template in self._templates]
        self._registers = [AcsSession(AcsForm()), AcsSession(AcsForm(trims=True, lf_ends_line=False))]

    def read(self, number: int, frame: bytes) -> None:
        """Every frame is decoded; all that comes after takes turns, so that a million are a matter of seconds."""
        message = self._decode(number, frame)
        if message is not None and number % 2 == 0:
            self._map(number // 2, message)
        match number % 8:
            case 0:
                self._hear(number // 8 % 2, frame)
            case 1:
                self._serve(number // 8 % 2, frame)
            case 2:
                self._cut(frame)
            case 3 if message is not None and number % 16 == 3:
                self._look(message)
            case 7 if number % 64 == 7:
                self._convert(number, frame)

    def _decode(self, number: int, frame: bytes) -> RawMessage | None:
        try:
            message = decode(frame, CODINGS[number % len(CODINGS)], code_point_sum=number % 16 == 0)
        except SIP2MalformedError:
            self.seen["malformed"] += 1
            return None
        self.seen[f"checksum {message.checksum}"] += 1
        return message

    def _map(self, number: int, message: RawMessage) -> None:
        profile = _PROFILES[number % len(_PROFILES)]
        match message.code:
            case "24" | "64" | "26":
                patron_answer(profile, PatronView(message), CARD, pin_sent=True, today=TODAY)
                owed_minor(profile, PatronView(message))
            case "18":
                item_answer(profile, ItemView(message), "30000001")
            case "12" | "30":
                loan_answer(profile, LoanView(message), CARD, "30000001")
            case "10":
                return_answer(profile, ReturnView(message), "30000001")
            case "16":
                hold_answer(profile, HoldView(message), CARD, "30000001", HoldReason.PLACED)
            case "38":
                payment_answer(profile, PaymentView(message), CARD, "7")
            case "98":
                status_answer(AcsStatusView(message))
            case _:
                return
        self.seen["mapped to an answer"] += 1

    def _hear(self, which: int, frame: bytes) -> None:
        client = self._clients[which]
        if client.state is State.READY:
            data = client.send(_QUESTIONS.get(frame[:2].decode("latin-1"), _QUESTIONS["64"]))
            if which == 0 and self._dice.random() < 0.5:
                frame = with_checksum(frame, decode(data).sequence or 0)
        for event in [*client.receive(frame + b"\r"), *client.silence()]:
            self.seen[f"client: {type(event).__name__}"] += 1
            if isinstance(event, Answer):
                assert event.verified is (which == 1 or event.message.checksum is Checksum.VALID)
            if isinstance(event, Broken):
                self._clients[which] = _fresh(self._templates[which])

    def _serve(self, which: int, frame: bytes) -> None:
        register = self._registers[which]
        stream = frame + b"\r"
        at = int(self._dice.random() * len(stream))
        for event in [*register.receive(stream[:at]), *register.receive(stream[at:])]:
            self.seen[f"register: {type(event).__name__}"] += 1
            if isinstance(event, Request):
                register.reply(event.message, build("36", {}, event.message.fields))

    def _cut(self, frame: bytes) -> None:
        try:
            # No terminator: the line grows until the cap ends it.
            self._cutter.feed(frame * 8)
        except SIP2TooLongError:
            self.seen["endless line refused"] += 1
            self._cutter = LineCutter()

    def _look(self, message: RawMessage) -> None:
        repr(message)
        assert decode(encode(message, sequence=1)).checksum is Checksum.VALID
        view = _VIEWS.get(message.code)
        if view is None:
            return
        shown = view(message)
        for name in [name for name, reading in vars(view).items() if isinstance(reading, Reading)]:
            getattr(shown, name)
        self.seen["looked at by every name"] += 1

    def _convert(self, number: int, frame: bytes) -> None:
        charset = CODINGS[number // 8 % len(CODINGS)].charset
        asked = {"raw": frame.decode(charset, "replace"), "encoding": charset}
        told = decoded(asked)
        self.seen[f"json: {told.get('error', 'message')}"] += 1
        assert {key: encoded(told)[key] for key in asked} == asked


def _ready(*, detected: bool) -> ClientSession:
    session = ClientSession(WireFormat(error_detection=detected, needs_login=False, resends=1_000))
    session.send(requests.sc_status())
    session.receive(encode(build("98", {"online": "Y"}), sequence=0, error_detection=detected))
    assert session.state is State.READY
    return session


def _fresh(template: ClientSession) -> ClientSession:
    session = copy.copy(template)
    session._cutter = LineCutter()
    return session
