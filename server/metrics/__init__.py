"""Measures of the server and its devices for monitoring: on the loopback, and nothing about anybody."""
