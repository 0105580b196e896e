"""The parts of the report that stand behind the first page, but for the inventory: worklist, picture, readiness, coverage, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from asepsis import __version__
from asepsis.findings.service import Line, counted
from asepsis.kit.output import iso
from asepsis.lake.service import NOTHING_READ

from .coverage import Gap
from .flows import Edge, Flows, flows
from .judgement import references
from .management import NOTHING
from .markup import bar, prose, section, table
from .picture import NAMES, drawn, picture
from .talks import OUTSIDE, Openness

if TYPE_CHECKING:
    from asepsis.encryption.service import Readiness
    from asepsis.lake.service import Ingested

    from .assessment import Assessment

EDGES_MAX = 200
"""Rows of one table; more are not read."""
_OPENNESS = {Openness.CLEAR_CLINICAL: "readable by anyone on the way", Openness.ENCRYPTED: "encrypted", Openness.OTHER: ""}


def worklist(lines: Sequence[Line]) -> str:
    said = references()
    items = "".join(_line(n, line, said.get(line.lead.seen.check, ())) for n, line in enumerate(lines, 1))
    body = f'<ol class="worklist">{items}</ol>' if lines else f"<p>{NOTHING}</p>"
    return section("worklist", "Worklist", body)


def _line(nth: int, line: Line, guidance: Sequence[str]) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in line.action.steps)
    harms = ((kind.words, str(harm.level), harm.why) for kind, harm in line.harms.items() if harm.level)
    members = ((m.id, m.title, m.state.value, str(m.patients or ""), iso(m.last_seen)[:19] + "Z") for m in line.members)
    many, shown = counted(line.count, "finding"), len(line.members)
    see = f'<p class="quiet">See {escape("; ".join(guidance))}.</p>' if guidance else ""
    cut = f"<p>The first {shown} of {many}; <code>asepsis findings list</code> has all.</p>" if line.count > shown else ""
    return (
        f'<li id="line-{nth}" class="{escape(line.decision.value.replace(" ", "-"))}"><h3>{escape(line.title)}</h3>'
        f'<p><span class="decision">{escape(line.decision.value)}</span> {escape(line.why)}</p>'
        f"<p><strong>Do ({escape(line.action.effort.value)}):</strong> {escape(line.action.title)}</p>"
        f"<details><summary>Steps, harm and {many}</summary>"
        f"{f'<ol>{steps}</ol>' if steps else ''}<p>{escape(line.lead.seen.why)}</p>"
        f"{table('Harm of this', ('Harm', '0-4', 'Why'), harms)}"
        f"{table('What belongs to this', ('Finding', 'What', 'State', 'Patients', 'Last seen'), members)}{cut}"
        f"{see}</details></li>"
    )


def who_talks(assessment: Assessment) -> str:
    if not assessment.talks:
        return ""
    found = flows(assessment.assets, assessment.talks)
    left = len(found.edges) - len(drawn(found))
    more = f" {counted(left, 'quieter line')} stand only in the table." if left else ""
    whole = f" The busiest {EDGES_MAX} of {len(found.edges):,}." if len(found.edges) > EDGES_MAX else ""
    legend = (
        "Thick line with an arrow and a name: talk about patients that anyone on the way can read, with the number of connections. "
        "Dashed: encrypted. Thin: other. A stack of cards: several machines. A frame: a zone, or a network where no zone is stated. "
        "Machines that said nothing are not drawn."
    )
    rows = table("Who talks to whom", ("From", "To", "Speaks", "Connections", "Patients' data"), _edges(found))
    return section(
        "flows", "Who talks to whom",
        f'<figure><div class="scroll" role="group" tabindex="0" aria-label="Picture of who talks to whom">{picture(found)}</div>'
        f'<figcaption class="quiet">{legend}{more}</figcaption></figure>'
        f"<details><summary>The same as a table</summary>{f'<p>{whole}</p>' if whole else ''}{rows}</details>",
    )  # fmt: skip


def _edges(found: Flows) -> list[tuple[str, ...]]:
    """An edge as words; boxes of the same name are told apart by where they stand."""
    same = Counter(box.label for box in found.boxes)
    names = {
        box.id: ": ".join(filter(None, (box.place, box.label, box.detail if same[box.label] > 1 or box.number == 1 else "")))
        for box in found.boxes
    } | {OUTSIDE: "Addresses outside the hospital"}
    return [(names[edge.source], names[edge.target], *_said(edge)) for edge in found.edges[:EDGES_MAX]]


def _said(edge: Edge) -> tuple[str, ...]:
    services = ", ".join(NAMES.get(name, name) for name in edge.services) or "unknown protocol"
    open_ = f"{', '.join(NAMES.get(name, name) for name in edge.clear)} in {edge.readable:,}: " if edge.clear else ""
    return services, f"{edge.connections:,}", open_ + _OPENNESS[edge.openness]


def readiness(figures: Readiness) -> str:
    """The figure and what it means."""
    if not figures.sessions:
        return section(
            "quantum", "Ready for quantum computers", "<p>No encrypted session (TLS) was seen, so nothing can be said of it.</p>"
        )
    rest = figures.sessions - figures.hybrid_used
    means = (
        f"What somebody records of the other {rest:,} today can be read once there are such computers, and records of patients must stay "
        "secret for a lifetime."
        if rest
        else "What somebody records of them today stays secret even then."
    )
    offered = figures.hybrid_offered - figures.hybrid_used
    todo = f" In {offered:,} more the client was ready, so only the server needs an update." if offered > 0 else ""
    share = f"<strong>{figures.hybrid_used / figures.sessions:.0%}</strong> {bar(figures.hybrid_used, figures.sessions)}"
    how = "agree on their keys in a way that a quantum computer cannot undo (hybrid key exchange)"
    text = f"{figures.hybrid_used:,} of {counted(figures.sessions, 'TLS session')} {how}. {means}{todo}"
    return section("quantum", "Ready for quantum computers", f'<p class="figure">{share}</p><p>{text}</p>')


def coverage(gaps: Sequence[Gap]) -> str:
    if not gaps:
        return section(
            "coverage", "What these captures could not show", "<p>A week and more was heard, with every protocol that is known here.</p>"
        )
    rows = ((gap.title, _much(gap), gap.means, gap.mend) for gap in gaps)
    return section(
        "coverage", "What these captures could not show",
        "<p>No finding is no proof that nothing is wrong. These are the limits of this look.</p>"
        + table("Limits of this look", ("Not shown", "How much", "What that means", "What to do about it"), rows, prose),
    )  # fmt: skip


def read(ingested: Ingested) -> str:
    rows = table("Events of these captures", ("Stream", "Events"), ((name, f"{n:,}") for name, n in ingested.streams.items()))
    packets = f"{counted(ingested.capture['packets'], 'packet')} ({ingested.span() or 'no packets'})"
    what = "No capture: what the lake holds" if ingested is NOTHING_READ else packets
    return section("read", "What was read", f"<p>{what}, by asepsis {__version__}.</p>{rows}")


def _much(gap: Gap) -> str:
    if gap.count is None or gap.of is None or gap.share is None:
        return "" if gap.count is None else f"{gap.count:,}"
    if gap.id == "short_time":
        return f"{gap.count:,} of {gap.of:,} hours of a week were heard"
    return f"{gap.count:,} of {gap.of:,} ({gap.share:.0%})"
