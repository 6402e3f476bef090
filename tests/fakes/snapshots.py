"""Snapshots in the hand of a test."""

from meroppet.device.replica import Replica


def install(replica: Replica, snapshot: bytes, at_least: int = 0) -> None:
    """Start over from a snapshot as the sync does, in one go."""
    replica.download.write_bytes(snapshot)
    replica.take_over(replica.prepare(replica.download, at_least))
    replica.refresh()
    replica.clear_away()
