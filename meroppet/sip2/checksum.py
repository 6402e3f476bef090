"""The SIP2 checksum: over bytes, never over characters.

3M guide, "Checksums and sequence numbers": two's complement, in 16 bits, of the sum of all bytes up to and with "AZ".
"""

import re

_HEX = re.compile(rb"[0-9A-Fa-f]{1,4}")


def checksum(upto_az: bytes) -> bytes:
    """Four upper-case hex digits for a frame that ends with "AZ"."""
    return b"%04X" % (-sum(upto_az) & 0xFFFF)


def is_complement(total: int, sent: bytes) -> bool:
    """Whether `sent` makes the sum whole; lower case and missing leading zeros count as the same number."""
    return _HEX.fullmatch(sent) is not None and (total + int(sent, 16)) & 0xFFFF == 0
