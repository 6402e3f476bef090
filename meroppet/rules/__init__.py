"""The rules of an open library as pure functions over values: no I/O, no clock, no logging."""
