"""Finding out about a card and PIN: the server within its time, or what this device has learned. Never an exception."""

import logging
from collections.abc import Callable
from dataclasses import replace

from meroppet.device.device import Device
from meroppet.device.errors import DeviceError, Refused
from meroppet.rules.access import UNAVAILABLE, Answer
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.entry import ANSWER_CAP, Recall, Verified, Verify
from meroppet.rules.pin import PinAnswer
from meroppet.wire.convert import facts_from_wire
from meroppet.wire.verify import VerifyReply

logger = logging.getLogger(__name__)

SPARE_SECONDS = 0.3
"""What is left of the answer's cap for deciding and telling. When the cap comes first the device falls back on what it
has learned, so a busy machine must not lose an answer that was there."""


async def ask_server(device: Device, effect: Verify, answered: Callable[[Verified], None]) -> None:
    """Hand on the register's answer by way of the server, with the right as of the change the server names.

    A PIN is learned, where the branch allows it, after the answer was handed on.
    """
    deadline = device.clock.monotonic() + ANSWER_CAP - SPARE_SECONDS
    try:
        reply = await device.channel.verify(effect.attempt, effect.card, effect.pin)
        device.link.answered()
        if reply.pin is PinAnswer.UNKNOWN:
            # A new member must not be turned away twice.
            device.sync.pull_now()
        # Only a right PIN can let anybody in; every other answer is told at once.
        left = deadline - device.clock.monotonic() if reply.pin is PinAnswer.RIGHT else 0.0
        known = await device.sync.wait_for_change(reply.change, left)
        answer = _answer(device, reply, known=known)
    except DeviceError as error:
        if isinstance(error, Refused):
            # A door that was shut out must not fall back on what it has learned.
            device.sync.heed(error.problem.code)
        logger.warning("a PIN could not be checked", extra={"why": error, "attempt": effect.attempt})
        answered(Verified(effect.attempt, UNAVAILABLE))
        return
    answered(Verified(effect.attempt, answer))
    await _learn(device, effect.card, effect.pin, reply)


async def recall(device: Device, effect: Recall, answered: Callable[[Verified], None]) -> None:
    """Hand on what this device has learned about the card, with the right as it is known now."""
    answer, subject = UNAVAILABLE, None
    try:
        keys = device.keys
        if keys is not None:
            answer, subject = await device.verifiers.recall(keys.pin, keys.subject(effect.card), effect.pin)
        right = device.replica.right(subject) if subject else None
    except DeviceError as error:
        logger.warning("a learned PIN could not be looked up", extra={"why": error, "attempt": effect.attempt})
        answered(Verified(effect.attempt, UNAVAILABLE, "cached"))
        return
    recalled = replace(answer, right=right, subjects=_known_by(subject))
    answered(Verified(effect.attempt, recalled, "cached"))


def _answer(device: Device, reply: VerifyReply, *, known: bool) -> Answer:
    # A right that may have been taken away in a change not yet seen is not a right. The register has spoken all the
    # same: without a time its word is stale, which refuses and does not fall back on what this device has learned.
    return Answer(
        pin=reply.pin,
        facts=None if reply.facts is None else facts_from_wire(reply.facts),
        as_of=reply.as_of if known else None,
        right=None if reply.subject is None or not known else device.replica.right(reply.subject),
        subjects=_known_by(reply.subject),
        contradiction=reply.contradiction,
    )


def _known_by(subject: str | None) -> frozenset[str]:
    return frozenset() if subject is None else frozenset({subject})


async def _learn(device: Device, card: CardNumber, pin: Pin, reply: VerifyReply) -> None:
    policy, keys = device.replica.policy(), device.keys
    if keys is None or policy is None or not policy.offline_pin:
        return
    try:
        if reply.pin is PinAnswer.RIGHT and not reply.contradiction:
            await device.verifiers.learn(keys.pin, keys.subject(card), pin, reply)
        elif reply.pin is not PinAnswer.UNAVAILABLE:
            await device.verifiers.forget(keys.subject(card))
    except DeviceError as error:
        logger.warning("a PIN was not learned", extra={"why": error})
