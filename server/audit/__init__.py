"""What staff did and whom they looked at: written in the same transaction, read by those who answer for it."""
