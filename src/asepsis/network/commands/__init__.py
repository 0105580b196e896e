"""`asepsis network health`, `rules`, `hunt`."""

from .health import health
from .hunt import hunt
from .rules import app as rules

__all__ = ["health", "hunt", "rules"]
