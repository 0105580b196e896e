"""The head of a file that is only appended to: where it ends, under the site's seal.

It is made together with the site, before the first entry: a head that is missing was taken away, and one that is not begun does not exist.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from asepsis.kit import files

# The hash before the first entry.
GENESIS = "0" * 64


class HeadLost(Exception):
    """The head is missing, or the site's seal does not vouch for it."""


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of the last entry (0 and GENESIS at the start), and the file's size after it."""

    n: int = 0
    hash: str = GENESIS
    size: int = 0


def begin(path: Path, key: bytes) -> None:
    """Makes the head of a file without entries, unless there is one."""
    files.create(path, _body(Head(), key))


def write(path: Path, key: bytes, head: Head) -> None:
    """Replaces the head at once."""
    files.replace(path, _body(head, key))


def read(path: Path, key: bytes) -> Head:
    """The head as the key vouches for it. Raises HeadLost."""
    try:
        body = json.loads(path.read_bytes())
        head = Head(body["n"], body["hash"], body["size"])
        if not hmac.compare_digest(_mac(head, key), body["hmac"]):
            raise HeadLost
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, RecursionError):
        raise HeadLost from None
    return head


def _body(head: Head, key: bytes) -> bytes:
    return json.dumps({"n": head.n, "hash": head.hash, "size": head.size, "hmac": _mac(head, key)}).encode() + b"\n"


def _mac(head: Head, key: bytes) -> str:
    own = hmac.new(key, b"asepsis journal head v1", hashlib.sha256).digest()
    return hmac.new(own, f"{head.n} {head.hash} {head.size}".encode(), hashlib.sha256).hexdigest()
