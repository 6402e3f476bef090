"""What a process does differently while it starts."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def starting() -> Iterator[None]:
    """Import and build within this: the garbage collector rests, and never looks at what was made here afterwards.

    Modules are no garbage. To search them for some is a sixth of the start, and to search them again later would hold
    up a door in the middle of a tap.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
