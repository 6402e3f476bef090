"""Who stands at the door as far as it can tell before a PIN: the digest, a tag or code, and what the counters say."""

from meroppet.device.device import Device
from meroppet.rules import entry as rules
from meroppet.rules.credentials import PERSONNUMMER_DIGITS, CardNumber, personnummer
from meroppet.rules.passes import CODE_DIGITS
from meroppet.wire.digests import code_digest

CAUGHT_UP_WITHIN = 1.0
"""Seconds a tag or code waits for news that are on their way."""


async def identify(device: Device, attempt: str, number: CardNumber | None, *, typed: bool = False) -> rules.Card:
    """The card as the rules want it; StoreFailed where its tries cannot be looked up. Without keys nobody is known."""
    if typed and number is not None:
        number = _typed(device, number)
    keys = device.keys
    if number is None or keys is None:
        return rules.Card(number, attempt, typed=typed)
    is_code = typed and not _is_personal(number)
    subject = code_digest(keys.digest, number.value) if is_code else keys.subject(number)
    acknowledged = device.replica.acknowledged(device.identity.device)
    gate = await device.attempts.gate(subject, device.replica.lock(subject), acknowledged)
    return rules.Card(number, attempt, gate, subject, await _tag(device, subject), typed)


def _is_personal(number: CardNumber) -> bool:
    return len(number.value) == PERSONNUMMER_DIGITS


def _typed(device: Device, number: CardNumber) -> CardNumber | None:
    if _is_personal(number):
        return _person(device, number)
    # Four to six digits may be a PIN, typed before the card was shown: nothing of it is kept, not even a digest.
    return number if len(number.value) == CODE_DIGITS else None


def _person(device: Device, number: CardNumber) -> CardNumber | None:
    formats, hours = device.replica.cards(), device.replica.hours()
    if hours is None or (formats is not None and not formats.personnummer):
        return None
    return personnummer(number.value, device.clock.now().astimezone(hours.zone).date())


async def _tag(device: Device, subject: str) -> rules.Tag | None:
    if device.replica.held_pass(subject) is None:
        return None
    # A tag that was taken back while the net was away must not open once more when it is back.
    is_current = await device.sync.catch_up(CAUGHT_UP_WITHIN)
    held = device.replica.held_pass(subject)
    if held is None:
        return None
    used = held.once and await device.journal.has_let_in(subject)
    return rules.Tag(held, device.heard_at if is_current else None, used)
