"""Why a demo cannot start or go on; each message is the one sentence its user reads."""


class CannotStart(RuntimeError):
    """Something outside is in the way; the message says what and what to do."""


class ChildDied(RuntimeError):
    """One of the demo's processes ended by itself; the message names it and its last words."""
