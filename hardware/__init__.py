"""Drivers for locks, readers, lamps and tag pads behind ports; knows nothing about libraries."""
