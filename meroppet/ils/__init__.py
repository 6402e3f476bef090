"""Talking to library systems: one port, `Ils`, and the clients, demo register and profiles behind it."""
