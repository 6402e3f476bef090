"""The basic block of the Danish RFID data model (ISO 28560-3, DS/INF 163): on books' tags and on patrons' cards.

Bytes from block 0: 0 version and type of usage, 1 parts in the set, 2 this part's number, 3-18 the item's or patron's
number, 19-20 CRC (low byte first), 21-22 country, 23-33 library (ISIL without country and hyphen; 23-31 on tags of 32
bytes).
"""

from dataclasses import dataclass

SHORTEST, LONGEST = 32, 34
_VERSIONS = {1, 2}
_NUMBER, _CRC, _COUNTRY, _LIBRARY = slice(3, 19), slice(19, 21), slice(21, 23), slice(23, 34)
_BLOCK = 4
PATRON_CARD = 8
"""The type of usage of a patron's card (DS/INF 163); the others are of items."""
_USAGES = {0, 1, 2, 7, PATRON_CARD, 9}


@dataclass(frozen=True, slots=True, repr=False)
class BasicBlock:
    """What a basic block says. `is_sound`: its CRC fits; `library` is an ISIL such as SE-Stkm, or empty."""

    number: str
    usage: int
    library: str
    is_sound: bool

    def __repr__(self) -> str:
        return f"BasicBlock(usage={self.usage}, is_sound={self.is_sound}, …)"


def read_block(memory: bytes) -> BasicBlock | None:
    """What the first 32 or more bytes of a tag say, or None where they are no basic block.

    Two ways are found in the field beside the model's own and are read too: each four-byte block reversed, and the
    halves of the first byte swapped.
    """
    if len(memory) < SHORTEST:
        return None
    orders = (memory, _each_block_reversed(memory))
    raw = next((order for order in orders if _crc_fits(order)), memory)
    usage = _usage(raw[0])
    number = _text(raw[_NUMBER])
    if usage is None or not number:
        return None
    country, library = _text(raw[_COUNTRY]), _text(raw[_LIBRARY])
    return BasicBlock(number, usage, f"{country}-{library}" if country and library else "", _crc_fits(raw))


def crc16(data: bytes) -> int:
    """The model's check sum: CRC-16 with polynomial 0x1021 from 0xFFFF, not reflected."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _crc_fits(memory: bytes) -> bool:
    stored = int.from_bytes(memory[_CRC], "little")
    before = memory[: _CRC.start]
    # The model counts 34 bytes, those a small tag has not as 00; some counted 32 on every tag, with or without them.
    counted = (memory[21:34].ljust(13, b"\0"), memory[21:32].ljust(13, b"\0"), memory[21:32])
    return any(memory) and any(crc16(before + rest) == stored for rest in counted)


def _each_block_reversed(memory: bytes) -> bytes:
    whole = memory[: len(memory) // _BLOCK * _BLOCK]
    return b"".join(whole[start : start + _BLOCK][::-1] for start in range(0, len(whole), _BLOCK))


def _usage(first: int) -> int | None:
    high, low = first >> 4, first & 0x0F
    # 0x81 is no version 8: whoever wrote it swapped the halves.
    version, usage = (high, low) if high in _VERSIONS else (low, high)
    return usage if version in _VERSIONS and usage in _USAGES else None


def _text(raw: bytes) -> str:
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    return text if text.isprintable() else ""
