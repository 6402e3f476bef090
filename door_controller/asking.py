"""Finding out about a card and PIN: the server within its time, a tag's own verifier, or what this device has learned.

Never an exception: no answer is an answer, and it lets nobody in.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from meroppet.device.device import Device
from meroppet.device.errors import ChannelDown, DeviceError, Refused
from meroppet.device.keys import Keys
from meroppet.rules.access import UNAVAILABLE, Answer
from meroppet.rules.credentials import CardNumber, Pin
from meroppet.rules.entry import LEARNED, PASS, CheckTag, Recall, Recheck, Verified, Verify
from meroppet.rules.pin import PinAnswer
from meroppet.rules.weak_pins import is_weak
from meroppet.wire.convert import facts_from_wire
from meroppet.wire.pin_verifier import pin_agrees
from meroppet.wire.verify import VerifyReply

logger = logging.getLogger(__name__)

Answered = Callable[[Verified], None]
RECALL_WITHIN = 0.5
"""Seconds what was learned may take to be looked up, disk and hash together, before the register is asked without."""
RECHECKED_WITHIN = 2.2
LOST_WITHIN = 1.0
"""Seconds for a server that did not answer when last asked: who stands there is not to wait for it in vain."""
_MISMATCH = {PinAnswer.WRONG, PinAnswer.UNKNOWN}


async def ask_server(device: Device, effect: Verify, answered: Answered) -> None:
    """Hand on the register's answer by way of the server, with the right as of the change the server names.

    A PIN is learned, where the branch allows it, after the answer was handed on.
    """
    try:
        reply = await _asked(device, effect.attempt, effect.card, effect.pin, agreed=effect.agreed, by=effect.by)
        # Only a right PIN can let anybody in; every other answer is told at once.
        left = effect.by - device.clock.monotonic() if reply.pin is PinAnswer.RIGHT else 0.0
        known = await device.sync.wait_for_change(reply.change, left)
        answer = _answer(device, reply, known=known)
    except DeviceError as error:
        logger.warning("a PIN could not be checked", extra={"why": error, "attempt": effect.attempt})
        answered(Verified(effect.attempt, UNAVAILABLE))
        return
    answered(Verified(effect.attempt, answer))
    await _learn(device, effect.card, effect.pin, reply, agreed=effect.agreed)


async def recheck(device: Device, effect: Recheck) -> None:
    """Ask the register after somebody was let in by what was learned; what it says is learned, or the PIN forgotten."""
    by = device.clock.monotonic() + RECHECKED_WITHIN
    try:
        reply = await _asked(device, effect.attempt, effect.card, effect.pin, agreed=True, by=by)
    except DeviceError as error:
        logger.info("a learned PIN was not checked again", extra={"why": error, "attempt": effect.attempt})
        return
    if reply.pin in _MISMATCH:
        logger.warning("a learned PIN is right no longer", extra={"attempt": effect.attempt, "said": reply.pin.value})
    await _learn(device, effect.card, effect.pin, reply, agreed=True)


async def recall(device: Device, effect: Recall, answered: Answered) -> None:
    """Hand on what this device has learned about the card, with the right as it is known now."""
    answer = UNAVAILABLE
    try:
        async with asyncio.timeout(RECALL_WITHIN):
            answer = await _recalled(device, effect.card, effect.pin)
    except (DeviceError, TimeoutError) as error:
        logger.warning("a learned PIN could not be looked up", extra={"why": error, "attempt": effect.attempt})
    doubted = device.sync.is_behind or device.verifiers.is_doubted(device.digest(effect.card))
    answered(Verified(effect.attempt, answer, LEARNED, doubted))


async def check_tag(device: Device, effect: CheckTag, answered: Answered) -> None:
    """Hand on whether a tag's own PIN is this one; a tag that was taken back meanwhile has none."""
    pin = PinAnswer.UNAVAILABLE
    try:
        keys, held = device.keys, effect.pass_
        if keys is not None and held.verifier is not None and _still_held(device, keys, effect):
            agrees = await asyncio.to_thread(pin_agrees, keys.pin, held.id, effect.pin, held.verifier)
            pin = PinAnswer.RIGHT if agrees else PinAnswer.WRONG
    except DeviceError as error:
        logger.warning("a tag's PIN could not be checked", extra={"why": error, "attempt": effect.attempt})
    answered(Verified(effect.attempt, Answer(pin=pin), PASS))


async def _asked(device: Device, attempt: str, card: CardNumber, pin: Pin, *, agreed: bool, by: float) -> VerifyReply:
    within = max(0.0, by - device.clock.monotonic())
    if not device.link.answers:
        within = min(within, LOST_WITHIN)
    try:
        reply = await device.channel.verify(attempt, card, pin, agreed=agreed, within=within)
    except ChannelDown as error:
        device.link.failed(error.silent)
        raise
    except Refused as error:
        # A door that was shut out must not fall back on what it has learned.
        device.sync.heed(error.problem.code)
        raise
    device.link.answered()
    if reply.pin is PinAnswer.UNKNOWN:
        # A new member must not be turned away twice.
        device.sync.pull_now()
    return reply


def _still_held(device: Device, keys: Keys, effect: CheckTag) -> bool:
    return device.replica.held_pass(keys.subject(effect.card)) == effect.pass_


async def _recalled(device: Device, card: CardNumber, pin: Pin) -> Answer:
    keys, policy = device.keys, device.replica.policy()
    if keys is None or policy is None:
        return UNAVAILABLE
    digest = keys.subject(card)
    if policy.offline_pin:
        learned, subject = await device.verifiers.recall(keys.pin, digest, pin)
        if subject is not None:
            born = None if learned.facts is None else learned.facts.birth_date
            right = device.replica.right(subject)
            return replace(learned, right=right, subjects=frozenset({subject}), weak=is_weak(pin, born))
    # Nothing was learned: what is known of the card itself, as of when the server was last heard.
    right = device.replica.right(digest)
    return replace(UNAVAILABLE, right=right, as_of=device.heard_at, subjects=frozenset({digest}))


def _answer(device: Device, reply: VerifyReply, *, known: bool) -> Answer:
    # A right that may have been taken away in a change not yet seen is not a right, and nobody knows what was taken
    # from whom the server cannot name. The register has spoken all the same: without a time its word is stale, which
    # refuses and does not fall back on what this device has learned.
    is_whole = known and reply.subject is not None
    return Answer(
        pin=reply.pin,
        facts=None if reply.facts is None else facts_from_wire(reply.facts),
        as_of=reply.as_of if is_whole else None,
        right=None if reply.subject is None or not known else device.replica.right(reply.subject),
        subjects=frozenset() if reply.subject is None else frozenset({reply.subject}),
        contradiction=reply.contradiction,
        weak=reply.weak,
    )


async def _learn(device: Device, card: CardNumber, pin: Pin, reply: VerifyReply, *, agreed: bool) -> None:
    """Learn a right PIN; forget one the register contradicts. A slip of the finger leaves what was learned alone."""
    policy, keys = device.replica.policy(), device.keys
    if keys is None or policy is None or not policy.offline_pin:
        return
    try:
        if reply.pin is PinAnswer.RIGHT:
            await device.verifiers.learn(keys.pin, keys.subject(card), pin, reply)
        elif reply.pin is PinAnswer.WRONG and agreed:
            await device.verifiers.forget(keys.subject(card))
        elif reply.pin is PinAnswer.UNKNOWN:
            # A register that has lost everybody for an hour must not take what was learned with it.
            device.verifiers.doubt(keys.subject(card))
    except DeviceError as error:
        logger.warning("a PIN was not learned", extra={"why": error})
