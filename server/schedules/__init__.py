"""When each branch is open: every version kept, the newest sent to its devices."""
