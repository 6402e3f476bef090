"""What every device needs to belong to a branch: its identity, journal, replica, attempt counters and channel."""
