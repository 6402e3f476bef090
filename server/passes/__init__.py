"""Tags and codes that open a branch for those who come for other reasons than to borrow."""
