"""Patrons, as far as the server must know them: what they may do where. No names, and no number in the clear."""
