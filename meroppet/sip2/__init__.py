"""SIP2 2.00 as data: bytes in, messages out, and the order they may come in. No socket, no clock, no log lives here.

Norm: 3M Standard Interchange Protocol, version 2.00 (Developer's Guide rev. 2.12), read leniently and written strictly.
"""
