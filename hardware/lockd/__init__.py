"""Owner of the strike's line, a process of its own, standard library only. `client` is the door's side."""
