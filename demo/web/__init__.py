"""The branch page: a picture of the virtual entrance whose every control acts on the real processes."""
