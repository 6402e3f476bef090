"""The library systems: which there are, as whom each branch asks them, and what devices may ask through the server."""
