"""Anchors: what other stores keep of the journal, so that it cannot be put back to an older state, or wiped, without them.

A journal that ends early holds together, and its own older head vouches for it. So whatever is changed together with an entry keeps the
number and hash of that entry: each commit of the lake, and the store. `asepsis journal verify` compares.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Anchor:
    """`where` keeps that entry `n` has this hash. Without a hash: what it should keep is missing or forged."""

    where: str
    n: int = 0
    hash: str = ""


def seal(anchor: Anchor, key: bytes) -> dict[str, object]:
    """The anchor as JSON, under the site's key and bound to its place: it counts nowhere else."""
    return {"n": anchor.n, "hash": anchor.hash, "hmac": _mac(anchor, key)}


def unseal(where: str, kept: object, key: bytes) -> Anchor:
    """The anchor that was kept at `where`; one without a hash if the key does not vouch for it."""
    try:
        if not isinstance(kept, Mapping):
            raise TypeError
        anchor = Anchor(where, int(kept["n"]), str(kept["hash"]))
        return anchor if hmac.compare_digest(_mac(anchor, key), str(kept["hmac"])) else Anchor(where)
    except (KeyError, TypeError, ValueError):
        return Anchor(where)


def _mac(anchor: Anchor, key: bytes) -> str:
    own = hmac.new(key, b"asepsis journal anchor v1", hashlib.sha256).digest()
    return hmac.new(own, f"{anchor.where}\n{anchor.n}\n{anchor.hash}".encode(), hashlib.sha256).hexdigest()
