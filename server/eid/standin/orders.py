"""The orders of the stand-in, as BankID keeps them: begun, started by a phone, signed or not, collected once, gone."""

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from meroppet.runtime.clock import Clock

START_WITHIN = timedelta(seconds=30)
SIGN_WITHIN = timedelta(seconds=180)
KEPT_AFTER_END = timedelta(seconds=180)
CODE_GOOD_FOR = 5
"""Seconds a QR code may be old when it is scanned."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a BankID; an invented one."""

    number: str
    given: str
    surname: str


@dataclass(slots=True)
class _Order:
    kind: str
    address: str
    begun: datetime
    wanted: str
    text: str
    ref: str = field(default_factory=lambda: str(uuid.uuid4()))
    autostart: str = field(default_factory=lambda: str(uuid.uuid4()))
    qr_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    qr_secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    hint: str = "outstandingTransaction"
    status: str = "pending"
    person: Person | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnPhone:
    """What a phone shows of an order it has picked up."""

    ref: str
    kind: str
    text: str


class Orders:
    """All orders there are; time passes by the clock, nothing runs beside it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, _Order] = {}

    def begin(self, kind: str, address: str, wanted: str, text: str) -> dict[str, str] | None:
        """What the relying party is told, or None: the person has an order under way, which is ended too."""
        self._pass_time()
        busy = [order for order in self._pending() if wanted and wanted in {order.wanted, _number(order)}]
        for order in busy:
            self._end(order, "cancelled")
        if busy:
            return None
        made = _Order(kind, address, self._clock.now(), wanted, text)
        self._known[made.ref] = made
        return {
            "orderRef": made.ref,
            "autoStartToken": made.autostart,
            "qrStartToken": made.qr_token,
            "qrStartSecret": made.qr_secret,
        }

    def collect(self, ref: str) -> dict[str, Any] | None:
        """How the order stands, or None: there is none such. An end is told once."""
        self._pass_time()
        order = self._known.get(ref)
        if order is None:
            return None
        if order.status == "pending":
            return {"orderRef": ref, "status": "pending", "hintCode": order.hint}
        del self._known[ref]
        if order.status == "failed":
            return {"orderRef": ref, "status": "failed", "hintCode": order.hint}
        return {"orderRef": ref, "status": "complete", "completionData": _completion(order, self._clock.now())}

    def cancel(self, ref: str) -> bool:
        """Whether there was such an order to end."""
        self._pass_time()
        order = self._known.get(ref)
        if order is None or order.status != "pending":
            return False
        del self._known[ref]
        return True

    def scan(self, code: str) -> OnPhone | None:
        """The phone's camera meets a QR code: it must be one of this service's, and of these seconds."""
        self._pass_time()
        parts = code.split(".")
        if len(parts) != 4 or parts[0] != "bankid" or not parts[2].isdigit():
            return None
        order = next((order for order in self._pending() if order.qr_token == parts[1]), None)
        if order is None:
            return None
        elapsed = (self._clock.now() - order.begun).total_seconds()
        right = hmac.new(order.qr_secret.encode(), parts[2].encode(), hashlib.sha256).hexdigest()
        if abs(elapsed - int(parts[2])) > CODE_GOOD_FOR or not hmac.compare_digest(right, parts[3]):
            return None
        return self._picked_up(order)

    def start(self, autostart: str) -> OnPhone | None:
        """The app is started by the link on the same device."""
        self._pass_time()
        order = next((order for order in self._pending() if order.autostart == autostart), None)
        return None if order is None else self._picked_up(order)

    def sign(self, ref: str, person: Person) -> bool:
        """The person types her code in the app; False if the order is not hers, or is not there to sign."""
        self._pass_time()
        order = self._known.get(ref)
        if order is None or order.status != "pending" or order.hint != "userSign":
            return False
        if order.wanted and order.wanted != person.number:
            return False
        order.person, order.status, order.ended = person, "complete", self._clock.now()
        return True

    def refuse(self, ref: str, hint: str = "userCancel") -> bool:
        """The person presses cancel in the app, or the app gives up for another of BankID's reasons."""
        self._pass_time()
        order = self._known.get(ref)
        if order is None or order.status != "pending":
            return False
        self._end(order, hint)
        return True

    def waiting(self) -> list[str]:
        """The autostart tokens of orders that no phone has picked up."""
        self._pass_time()
        return [order.autostart for order in self._pending() if order.hint == "outstandingTransaction"]

    def _picked_up(self, order: _Order) -> OnPhone:
        order.hint = "userSign"
        return OnPhone(order.ref, order.kind, order.text)

    def _pending(self) -> list[_Order]:
        return [order for order in self._known.values() if order.status == "pending"]

    def _end(self, order: _Order, hint: str) -> None:
        order.status, order.hint, order.ended = "failed", hint, self._clock.now()

    def _pass_time(self) -> None:
        now = self._clock.now()
        for order in self._pending():
            if order.hint == "outstandingTransaction" and now - order.begun >= START_WITHIN:
                self._end(order, "startFailed")
            elif now - order.begun >= SIGN_WITHIN:
                self._end(order, "expiredTransaction")
        for order in list(self._known.values()):
            if order.ended is not None and now - order.ended >= KEPT_AFTER_END:
                del self._known[order.ref]


def _number(order: _Order) -> str:
    return order.person.number if order.person else ""


def _completion(order: _Order, now: datetime) -> dict[str, Any]:
    assert order.person is not None  # noqa: S101 (narrowing: complete is set with a person)
    person = order.person
    signed = f"stand-in {order.kind} {order.ref} {order.text}".encode()
    return {
        "user": {
            "personalNumber": person.number,
            "name": f"{person.given} {person.surname}",
            "givenName": person.given,
            "surname": person.surname,
        },
        "device": {"ipAddress": order.address, "uhi": hashlib.sha256(person.number.encode()).hexdigest()[:28]},
        "bankIdIssueDate": now.date().isoformat(),
        "signature": base64.b64encode(signed).decode("ascii"),
        "ocspResponse": base64.b64encode(b"stand-in").decode("ascii"),
    }
