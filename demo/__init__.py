"""Starts register, server, lockd, door and kiosk as real processes with virtual hardware, and shows the branch."""
