"""A paper as PDF: set by typst in a process of its own, bounded in time and memory. The same paper gives the same bytes.

PDF/UA-1 (ISO 14289-1): tagged, with a title and a language, every chart with words beside it. So a letter that the fonts of typst do not
have must not be in it (7.21.8): it is told by its number.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from asepsis.kit.errors import BadInput
from asepsis.kit.output import plain

from .columns import svg
from .paper import Columns, Paper

SECONDS = 30
_PRESS = (sys.executable, "-P", "-m", f"{__package__}.press.press")
_FOLDER = Path(__file__).with_name("press")
_PRESSES = BoundedSemaphore(2)
"""As many reports are set at once; the next waits."""
# What Libertinus Serif has, as far as hospitals write with it: Latin, Greek, Cyrillic, punctuation, some signs.
_LETTERS = ((0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0x17F), (0x218, 0x21B), (0x386, 0x386), (0x388, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x3CE))
_MORE = ((0x400, 0x45F), (0x490, 0x491), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x20AC, 0x20AC))


def pdf(paper: Paper) -> bytes:
    """The PDF. Raises BadInput if it cannot be set within its bounds."""
    told = json.dumps(_shown(_form(paper)), ensure_ascii=True)
    if not _PRESSES.acquire(timeout=SECONDS):
        raise BadInput("the report could not be set as PDF, because too many are", todo="try again in a minute")
    try:
        done = subprocess.run(  # noqa: S603 - our own
            _PRESS, input=told.encode(), capture_output=True, timeout=SECONDS, check=False, cwd=_FOLDER, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise BadInput("the report could not be set as PDF in time", todo="look at it as a page") from None
    finally:
        _PRESSES.release()
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise BadInput("the report could not be set as PDF", todo="look at it as a page, and report this")
    return done.stdout


def _environment() -> dict[str, str]:
    """What the press is told: where Python finds its modules, and nothing of the site, whose settings may hold passwords."""
    return {name: os.environ[name] for name in ("PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}


def _form(paper: Paper) -> Any:
    """The paper as JSON knows it, each chart drawn."""
    form = plain(paper)
    for part, told in zip(paper.parts, form["parts"], strict=True):
        for block, one in zip(part.blocks, told["blocks"], strict=True):
            if isinstance(block, Columns):
                one["svg"] = svg(block)
    return form


def _shown(value: Any) -> Any:
    """The same with letters that can be set."""
    if isinstance(value, str):
        return "".join(c if _has(c) else f"<U+{ord(c):04X}>" for c in unicodedata.normalize("NFC", value))
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return {name: _shown(one) for name, one in value.items()} if isinstance(value, dict) else value


def _has(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in (*_LETTERS, *_MORE))
