"""A link by which one person comes in once: how the first administrator does, and everybody after.

Source: OWASP Authentication Cheat Sheet and NIST SP 800-63B 5.1.2 on secrets of one use: 256 random bits, kept as a digest, for a day.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

LASTS = timedelta(hours=24)
BYTES = 32


def word() -> str:
    """A new word for a link."""
    return secrets.token_urlsafe(BYTES)


def digest(given: str) -> str:
    """What is kept of it, in hex."""
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
