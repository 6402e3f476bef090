"""What door, kiosk and server share: the rules, the contracts between them, and talking to library systems."""
