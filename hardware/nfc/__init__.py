"""NFC readers without PC/SC, such as a PN532 on a serial line (nfcpy)."""
