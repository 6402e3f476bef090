"""Devices behind ports: what a door or a kiosk can be wired to. Knows nothing about libraries."""
