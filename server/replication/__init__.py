"""How changes reach devices: numbered changes, snapshots, and the stream that wakes them."""
