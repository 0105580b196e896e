"""`asepsis network baseline`, `decoy`, `health`, `hunt`, `rules`, `stories`."""

from .baseline import app as baseline
from .decoy import app as decoy
from .health import health
from .hunt import hunt
from .rules import app as rules
from .stories import app as stories

__all__ = ["baseline", "decoy", "health", "hunt", "rules", "stories"]
