"""The closing that comes or goes on at a branch: what will be done, what was, and what staff leave out of it."""
