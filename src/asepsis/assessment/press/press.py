"""The process that sets a report: JSON on standard input, a PDF on standard output. It has no site, no network to ask and little memory.

Run by `asepsis.assessment.printing`, alone and bounded: what is set has texts of attackers in it, and a report must not stop the console.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

MEMORY, SECONDS = 1 << 30, 20
"""Bytes of address space and seconds of work: a handover takes a tenth of either."""


def bound() -> None:
    """Takes from this process what it does not need."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """Sets one report."""
    bound()
    import typst

    here = Path(__file__).parent
    paper = sys.stdin.buffer.read().decode()
    set_ = typst.compile(
        here / "paper.typ", root=here, ignore_system_fonts=True, sys_inputs={"paper": paper}, format="pdf", pdf_standards="ua-1"
    )
    sys.stdout.buffer.write(set_)


if __name__ == "__main__":
    main()
