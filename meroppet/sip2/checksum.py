"""The SIP2 checksum: over bytes, never over characters.

3M guide, "Checksums and sequence numbers": two's complement, in 16 bits, of the sum of all bytes up to and with "AZ".
"""

import re

_HEX = re.compile(rb"[0-9A-Fa-f]{1,4}")


def checksum(upto_az: bytes) -> bytes:
    """Four upper-case hex digits for a frame that ends with "AZ"."""
    return b"%04X" % (-sum(upto_az) & 0xFFFF)


def is_valid(upto_az: bytes, sent: bytes) -> bool:
    """Whether `sent` is the checksum of the bytes; lower case and missing leading zeros count as the same number."""
    if _HEX.fullmatch(sent) is None:
        return False
    return (sum(upto_az) + int(sent, 16)) & 0xFFFF == 0
