"""The report: one self-contained page. No script, nothing loaded; a strict content policy stands in the page itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis import __version__
from asepsis.findings.service import Line, counted
from asepsis.hospital.service import kind_in_words
from asepsis.kit.output import in_words, iso

from .picture import picture
from .talks import OUTSIDE, Openness, Talk

if TYPE_CHECKING:
    from asepsis.hospital.service import Asset

    from .assessment import Assessment

# What `default-src` does not speak of: where links lead from and where forms go.
_FORBIDDEN = "base-uri 'none'; form-action 'none'"
_OPENNESS = {Openness.CLEAR_CLINICAL: "readable by anyone on the way", Openness.ENCRYPTED: "encrypted", Openness.OTHER: ""}


def page(assessment: Assessment) -> str:
    """The whole page as HTML5. Every text off the wire is escaped; the policy allows this one style sheet and nothing else."""
    style = files("asepsis.assessment").joinpath("report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; {_FORBIDDEN}\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>asepsis: assessment</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{_head(assessment)}{_worklist(assessment.lines)}{_picture(assessment)}{_inventory(assessment.assets)}{_figures(assessment)}"
        "</body>\n</html>\n"
    )


def _head(assessment: Assessment) -> str:
    capture = assessment.ingested.capture
    span = f"{capture['first_ts'][:19]}Z to {capture['last_ts'][:19]}Z" if capture["first_ts"] and capture["last_ts"] else "no packets"
    problems = "".join(
        f"<p><strong>Not read whole:</strong> {escape(in_words([Path(where)]))}: {escape(what)}</p>"
        for where, what in assessment.ingested.problems
    )
    return (
        "<header><h1>What endangers patients, and what to do first</h1>"
        f'<p class="quiet">{capture["packets"]:,} packets, {escape(span)}; {counted(len(assessment.assets), "asset")}, '
        f"{counted(len(assessment.lines), 'line')} on the worklist. asepsis {__version__}</p>{problems}</header>\n"
    )


def _worklist(lines: Sequence[Line]) -> str:
    if not lines:
        return "<h2>Worklist</h2><p>Nothing to do. No finding is no proof that nothing is wrong: it is what was seen.</p>\n"
    return f'<h2>Worklist</h2><ol class="worklist">{"".join(map(_line, lines))}</ol>\n'


def _line(line: Line) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in line.action.steps)
    harms = ((kind.value.replace("_", " "), str(harm.level), harm.why) for kind, harm in line.harms.items() if harm.level)
    members = ((m.id, m.seen.title, m.state.value, str(m.seen.patients or ""), iso(m.seen.last_seen)[:19] + "Z") for m in line.members)
    return (
        f'<li class="{escape(line.decision.value.replace(" ", "-"))}"><h3>{escape(line.title)}</h3>'
        f'<p><span class="decision">{escape(line.decision.value)}</span> {escape(line.why)}</p>'
        f"<p><strong>Do ({escape(line.action.effort.value)}):</strong> {escape(line.action.title)}</p>"
        f"<details><summary>Steps, harm and {counted(len(line.members), 'finding')}</summary>"
        f"{f'<ol>{steps}</ol>' if steps else ''}<p>{escape(line.lead.seen.why)}</p>"
        f"{_table(('Harm', '0-4', 'Why'), harms)}{_table(('Finding', 'What', 'State', 'Patients', 'Last seen'), members)}</details></li>"
    )


def _picture(assessment: Assessment) -> str:
    if not assessment.talks:
        return ""
    names = {asset.id: asset.name for asset in assessment.assets} | {OUTSIDE: "addresses outside the hospital"}
    rows = (
        _talk(talk, names) for talk in sorted(assessment.talks, key=lambda talk: (-talk.openness, names[talk.source], names[talk.target]))
    )
    return (
        '<h2>Who talks to whom</h2><p class="quiet">Thick line: clinical data that anyone on the way can read. '
        f"Dashed: encrypted. Thin: other.</p>{picture(assessment.assets, assessment.talks)}"
        f"<details><summary>The same as a table</summary>{_table(('From', 'To', 'Speaks', 'Connections', ''), rows)}</details>\n"
    )


def _talk(talk: Talk, names: dict[str, str]) -> tuple[str, ...]:
    services = ", ".join(talk.services) or "unknown protocol"
    return names[talk.source], names[talk.target], services, f"{talk.connections:,}", _OPENNESS[talk.openness]


def _inventory(assets: Sequence[Asset]) -> str:
    if not assets:
        return "<h2>Inventory</h2><p>No asset was seen.</p>\n"
    rows = (
        (
            asset.name,
            kind_in_words(asset),
            asset.clinical_class,
            " ".join(filter(None, (asset.manufacturer, asset.model, asset.software))),
            asset.serial,
            ", ".join(asset.addresses[:4]),
            ", ".join(asset.services),
            asset.why[0] if asset.why else "",
        )
        for asset in assets
    )
    heads = ("Asset", "Kind", "Class", "Maker, model, software", "Serial", "Address", "Services", "Why")
    return f"<h2>Inventory</h2>{_table(heads, rows)}\n"


def _figures(assessment: Assessment) -> str:
    figures = assessment.post_quantum
    return (
        "<h2>Figures</h2>"
        f"<p>TLS sessions ready for quantum computers (hybrid key exchange): {figures.hybrid_used} of {figures.sessions}; "
        f"offered by the client in {figures.hybrid_offered}.</p>"
        f"{_table(('Stream', 'Events of these captures'), ((name, f'{n:,}') for name, n in assessment.ingested.streams.items()))}\n"
    )


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>' if body else ""
