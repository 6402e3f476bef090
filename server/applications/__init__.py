"""Patrons on their own pages: applying to come in, seeing what is held about them, and withdrawing."""
