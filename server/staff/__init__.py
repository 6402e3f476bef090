"""Who works here, what they may do where, and how they sign in."""
