"""Passwords: how they must be, and how they are hashed and checked without stopping the loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 128
_AT_ONCE = 2
"""Each check takes 64 MiB; a flood of sign-ins must wait, not exhaust the memory."""


def standard_hasher() -> PasswordHasher:
    """argon2id with 64 MiB, three passes, four lanes (RFC 9106, second recommendation)."""
    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


class Passwords:
    """Hashes and checks in a thread. Answers take as long for a user name nobody has."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def fits(self, password: str, stored: str | None) -> bool:
        """Whether the password belongs to the stored hash; False, after as long, where there is none."""
        if not self._nobody:
            # Made when the first person signs in: a server that starts should not wait for a slow hash.
            self._nobody = await self.hash("nobody's password")
        right = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify, stored or self._nobody, password[:LONGEST]
        )
        return right and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)


def is_acceptable(password: str, username: str) -> bool:
    """Long enough, not one character repeated, not the user name (ASVS 5.0 6.2: length, not composition)."""
    return SHORTEST <= len(password) <= LONGEST and len(set(password)) > 3 and username.lower() not in password.lower()
