"""`asepsis network health`, `rules`, `hunt`, `stories`."""

from .health import health
from .hunt import hunt
from .rules import app as rules
from .stories import app as stories

__all__ = ["health", "hunt", "rules", "stories"]
