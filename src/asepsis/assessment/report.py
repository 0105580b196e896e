"""The report: one self-contained page. No script, nothing loaded; a strict content policy stands in the page itself."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis.kit.errors import one_line
from asepsis.kit.output import in_words

from .inventory import inventory
from .management import management
from .sections import coverage, read, readiness, who_talks, worklist

if TYPE_CHECKING:
    from .assessment import Assessment

# What `default-src` does not speak of: where links lead from and where forms go.
_FORBIDDEN = "base-uri 'none'; form-action 'none'"
# More would push what is to be decided off the first page.
_PROBLEMS_MAX, _PROBLEM = 2, 160
_PARTS = {
    "worklist": "Worklist",
    "flows": "Who talks to whom",
    "inventory": "Inventory",
    "quantum": "Ready for quantum computers",
    "coverage": "What these captures could not show",
    "read": "What was read",
}


def page(assessment: Assessment) -> str:
    """The whole page as HTML5. Every text off the wire is escaped; the policy allows this one style sheet and nothing else."""
    style = files("asepsis.assessment").joinpath("report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    parts = (
        worklist(assessment.lines),
        who_talks(assessment),
        inventory(assessment.assets),
        readiness(assessment.post_quantum),
        coverage(assessment.coverage),
        read(assessment.ingested),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; {_FORBIDDEN}\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>asepsis: assessment</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"{management(assessment, _head(assessment))}{_ways(bool(assessment.talks))}{''.join(parts)}</main>\n</body>\n</html>\n"
    )


def _head(assessment: Assessment) -> str:
    """What was not read whole: whoever decides must know."""
    problems = assessment.ingested.problems
    shown = [f"{in_words([Path(where)])}: {one_line(what, _PROBLEM)}" for where, what in problems[:_PROBLEMS_MAX]]
    shown += [f"{len(problems) - _PROBLEMS_MAX:,} more."] if len(problems) > _PROBLEMS_MAX else []
    return "".join(f"<p><strong>Not read whole:</strong> {escape(text)}</p>" for text in shown)


def _ways(talks: bool) -> str:
    links = "".join(f'<li><a href="#{id}">{words}</a></li>' for id, words in _PARTS.items() if talks or id != "flows")
    return f'<nav aria-label="Parts of this report"><ul>{links}</ul></nav>\n'
