"""The process beside the door: cards and keys in, verdicts journalled, leases to lockd out."""
