"""The first page of the report: for those who decide. On paper it is one sheet."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from .markup import counts
from .summary import CLASSES, WHEN, Choice, good_news, in_reach, looked_at, not_shown, to_decide

if TYPE_CHECKING:
    from .assessment import Assessment

NOTHING = "Nothing to do. No finding is no proof that nothing is wrong: it is what was seen."


def management(assessment: Assessment, head: str) -> str:
    """The section; `head` is HTML that stands below its title."""
    news = "".join(f"<li>{escape(sentence)}</li>" for sentence in good_news(assessment))
    return (
        '<section id="short" class="management" aria-labelledby="title">'
        f'<header><h1 id="title">What endangers patients, and what to do first</h1>{head}</header>'
        f"<h2>What we looked at</h2><p>{escape(looked_at(assessment))}</p>{_numbers(assessment) if assessment.assets else ''}"
        f"<h2>What to decide first</h2>{_choices(assessment)}"
        f'<div class="pair"><div><h2>Who is within reach</h2><p>{escape(in_reach(assessment))}</p>{_limits(assessment)}</div>'
        f"<div><h2>What is good</h2><ul>{news}</ul></div></div></section>\n"
    )


def _numbers(assessment: Assessment) -> str:
    classes = Counter(asset.clinical_class for asset in assessment.assets)
    decisions = Counter(line.decision for line in assessment.lines)
    machines = counts("Machines, by what they do for patients", ("Machines that", "How many"), [(CLASSES[c], classes[c]) for c in CLASSES])
    lines = counts("Things to do, by when", ("When", "How many"), [(words, decisions[decision]) for decision, words in WHEN.items()])
    return f'<div class="pair"><div>{machines}</div><div>{lines}</div></div>'


def _choices(assessment: Assessment) -> str:
    found = to_decide(assessment.lines)
    return f'<ol class="choices">{"".join(map(_choice, found))}</ol>' if found else f"<p>{NOTHING}</p>"


def _choice(choice: Choice) -> str:
    what = f'<a href="#line-{choice.line}"><strong>{escape(choice.what)}</strong></a>'
    return (
        f'<li><p>{what} <span class="decision">{escape(choice.when)}</span></p>'
        f"<p><em>What can happen:</em> {escape(choice.who)}</p><p><em>What it takes:</em> {escape(choice.takes)}</p></li>"
    )


def _limits(assessment: Assessment) -> str:
    sentence, more = not_shown(assessment)
    return f'<h2>What we could not see</h2><p>{escape(sentence)}: <a href="#coverage">{escape(more)}</a>.</p>' if sentence else ""
