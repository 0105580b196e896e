"""asepsis: open hospital cyber-defence. See docs/ for the house and its rooms."""

__version__ = "0.1.0"
