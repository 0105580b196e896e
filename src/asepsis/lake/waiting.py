"""What may be slow to come, and comes once: standard input and pipes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def pipes(paths: Iterable[Path]) -> list[Path]:
    """Those that can be read once only, when something comes: standard input, pipes."""
    return [path for path in paths if str(path) == "-" or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))]
