"""`asepsis network baseline`, `health`, `hunt`, `rules`, `stories`."""

from .baseline import app as baseline
from .health import health
from .hunt import hunt
from .rules import app as rules
from .stories import app as stories

__all__ = ["baseline", "health", "hunt", "rules", "stories"]
