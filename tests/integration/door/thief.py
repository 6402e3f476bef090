"""A thief with a device's disk and the whole source: every key on it is tried, every secret looked for.

It is the attack the design must withstand, so it uses the project's own code and knows every format; what it lacks is
the branch's keys. With them it finds everything, which shows that it would have found what lay there.
"""

import base64
import binascii
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from meroppet.device.facts_seal import Known, key_name, unseal
from meroppet.rules.credentials import Pin
from meroppet.wire.digests import subject_digest
from meroppet.wire.pin_verifier import pin_agrees

KEY_BYTES = 32
PIN_DIGITS = 6
_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{43,}={0,2}")
# Not the number of a process, nor the fraction of a second, nor a part of a digest.
_NUMBER = re.compile(rb"(?<![0-9a-f.\[])[0-9]{4,6}(?![0-9a-f])")
_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


@dataclass
class Loot:
    """What was found."""

    pin_keys: set[bytes] = field(default_factory=set)
    digest_keys: set[bytes] = field(default_factory=set)
    facts: dict[str, Known] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Thief:
    """`own` is a number the thief has held to this door himself; `series` are the numbers he thinks there are.

    `guesses` are the PINs he tries on the cards he is after: each costs him what it costs the door.
    """

    image: Path
    own: str
    series: Sequence[str]
    guesses: Sequence[str]
    after: frozenset[str]

    def attack(self) -> Loot:
        """Everything that can be had."""
        loot, learned = Loot(), list(self._learned())
        named, digests = {name for _, name, _, _ in learned}, self._digests()
        for key in self._keys():
            if key_name(key) in named:
                loot.pin_keys.add(key)
            if subject_digest(key, self.own) in digests:
                loot.digest_keys.add(key)
        for key in loot.digest_keys:
            mine = {subject_digest(key, number): number for number in self.series}
            loot.numbers |= {digest: mine[digest] for digest in digests & mine.keys()}
        for key in loot.pin_keys:
            self._open(loot, key, learned)
        return loot

    def _open(self, loot: Loot, key: bytes, learned: Iterable[tuple[str, str, bytes, bytes]]) -> None:
        for card, _, verifier, sealed in learned:
            known = unseal(key, card, sealed)
            if known is not None:
                loot.facts[card] = known
            if loot.numbers.get(card) in self.after:
                right = [guess for guess in self.guesses if pin_agrees(key, card, Pin(guess), verifier)]
                loot.pins |= dict.fromkeys([card], right[0]) if right else {}

    def standing_alone(self, secrets: Sequence[str]) -> set[str]:
        """Those of the secrets that lie on the disk in clear, as they are, in hex, in base64 or in UTF-16.

        Digits count where they stand alone: in the fractions of a second there are all six digits there are.
        """
        raw = b"\n".join(self._contents())
        numbers = set(_NUMBER.findall(raw))
        few = {secret for secret in secrets if secret.isdigit() and len(secret) <= PIN_DIGITS}
        shapes = {shape: secret for secret in set(secrets) - few for shape in _shapes(secret)}
        found = {shapes[part] for part in _parts(raw, {len(shape) for shape in shapes}) if part in shapes}
        return found | {secret for secret in few if secret.encode() in numbers}

    def _contents(self) -> Iterator[bytes]:
        for file in sorted(self.image.rglob("*")):
            if file.is_file():
                yield str(file).encode() + b"\n" + file.read_bytes()

    def _keys(self) -> Iterator[bytes]:
        """Every run of 32 bytes on the disk, and in whatever is written there in base64 or hex."""
        for content in self._contents():
            yield from _runs(content)
            for found in _ENCODED.findall(content):
                for decoded in _decoded(found):
                    yield from _runs(decoded)

    def _learned(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        with closing(sqlite3.connect(self.image / "verifiers.db")) as disk:
            yield from disk.execute("SELECT card, key, verifier, sealed FROM learned")

    def _digests(self) -> frozenset[str]:
        """Every digest of a person on the disk, in the databases and beside them."""
        found = {digest.decode() for content in self._contents() for digest in _DIGEST.findall(content)}
        for file in sorted((self.image / "replica").glob("*.db")):
            with closing(sqlite3.connect(file)) as disk:
                found |= {subject.hex() for (subject,) in disk.execute('SELECT subject FROM "right"')}
        return frozenset(found | {card for card, *_ in self._learned()})


def _runs(content: bytes) -> Iterator[bytes]:
    # The empty pages of a database hold no key: of 32 random bytes more than eight are hardly ever nought.
    runs = (content[start : start + KEY_BYTES] for start in range(len(content) - KEY_BYTES + 1))
    return (run for run in runs if run.count(0) <= 8)


def _decoded(text: bytes) -> Iterator[bytes]:
    for start in range(4):
        part = text[start : start + (len(text) - start) // 4 * 4]
        try:
            yield base64.b64decode(part.replace(b"-", b"+").replace(b"_", b"/"))
        except binascii.Error:
            continue
    try:
        yield bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return


def _shapes(secret: str) -> tuple[bytes, ...]:
    plain = secret.encode("utf-8")
    return plain, plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-1], secret.encode("utf-16-le")


def _parts(raw: bytes, lengths: Iterable[int]) -> Iterator[bytes]:
    return (raw[start : start + length] for length in lengths for start in range(len(raw) - length + 1))
