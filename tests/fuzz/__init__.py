"""Millions of damaged SIP2 frames through everything that reads them: `python -m tests.fuzz` (bin/meroppet fuzz)."""
