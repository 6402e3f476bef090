"""Pins of a Raspberry Pi through the RPi.GPIO interface. Not the strike: that is lockd's."""
