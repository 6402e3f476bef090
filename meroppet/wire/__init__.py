"""What devices and the server say to each other, version 1: frozen pydantic models and the bytes that are signed."""
