"""Messengers: whoever else must know what a branch is about to do."""
