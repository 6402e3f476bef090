"""How the cards of a consortium look: what staff say of it, and what was seen at the doors."""
