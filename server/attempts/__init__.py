"""Wrong PINs counted at the server, durably and over all doors and kiosks: what may still be asked of a register."""
