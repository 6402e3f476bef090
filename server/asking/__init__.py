"""Would this patron get in, there, then, and why not: asked with the door's own rules; and what was refused when."""
