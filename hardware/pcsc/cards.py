"""What PC/SC says of a card, made into a number and its kind. Pure.

PC/SC part 3 rev. 2, 3.1.3.2.3: a storage card's answer to reset names its standard after the registered identifier.
"""

from hardware.ports import CardFormat, CardPresented

GET_NUMBER = (0xFF, 0xCA, 0x00, 0x00, 0x00)
"""Get Data, serial number (PC/SC part 3, 3.2.2.1.3)."""
SUCCESS = b"\x90\x00"
BLOCK_BYTES, BLOCKS = 4, 9
"""A basic block of the library's tags takes 34 bytes; nearly every vicinity tag has blocks of four."""
_PCSC_IDENTIFIER = bytes.fromhex("A000000306")
_ISO15693_PARTS = (0x09, 0x0A, 0x0B, 0x0C)


def get_block(number: int) -> tuple[int, ...]:
    """Read Binary of one block (PC/SC part 3, 3.2.2.1.8)."""
    return (0xFF, 0xB0, 0x00, number, BLOCK_BYTES)


def memory_from(answers: list[bytes]) -> CardPresented | None:
    """What is written on a vicinity tag, from its answers to get_block; None where one of them failed."""
    if any(len(answer) != BLOCK_BYTES + 2 or answer[-2:] != SUCCESS for answer in answers):
        return None
    return CardPresented(b"".join(answer[:BLOCK_BYTES] for answer in answers), CardFormat.TAG_MEMORY)


def card_from(answer: bytes, reset: bytes) -> CardPresented | None:
    """The card, from its answer to GET_NUMBER and to reset; None when it gave no number."""
    number = answer[:-2]
    if answer[-2:] != SUCCESS or not number:
        return None
    _, found, rest = reset.partition(_PCSC_IDENTIFIER)
    if not found or rest[:1] not in [bytes([part]) for part in _ISO15693_PARTS]:
        return CardPresented(number, CardFormat.ISO14443)
    # Readers differ in which end they give first; every ISO 15693 number begins with E0 (ISO/IEC 15693-3, 4.1).
    turned = number[-1:] == b"\xe0" and number[:1] != b"\xe0"
    return CardPresented(number[::-1] if turned else number, CardFormat.ISO15693)
