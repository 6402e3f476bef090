"""Examines a library system over SIP2 with a test patron, before any door depends on it, and proposes its profile.

What was seen is told in codes and values (`findings`); sentences about them belong to whoever shows them.
"""
