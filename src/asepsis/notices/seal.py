"""Secrets of channels (passwords, keys, addresses with tokens) as the store keeps them: sealed by what lies beside it.

Fernet under a key of its own (HKDF, RFC 5869) of the site's seal: who reads the store alone, or a copy of it, has none of them.
"""

from __future__ import annotations

import base64
import json

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site


def sealed(site: Site, secrets: dict[str, str]) -> str:
    """What is kept of secrets."""
    return _seal(site).encrypt(json.dumps(secrets).encode()).decode()


def opened(site: Site, kept: str) -> dict[str, str]:
    """The secrets again. Raises BadInput where they were sealed on another site."""
    try:
        told: dict[str, str] = json.loads(_seal(site).decrypt(kept.encode()))
    except InvalidToken:
        raise BadInput("the secrets of this channel cannot be opened with this site's seal", todo="enter them anew") from None
    return told


def _seal(site: Site) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"asepsis notices channels").derive(site.seal)
    return Fernet(base64.urlsafe_b64encode(key))
