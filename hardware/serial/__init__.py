"""Devices on a serial line or USB that poses as one (pyserial)."""
