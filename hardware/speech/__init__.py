"""Voices: text made into sound files."""
