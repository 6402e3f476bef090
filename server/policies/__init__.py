"""What each branch demands of those it lets in: every version kept, the newest sent to its devices."""
