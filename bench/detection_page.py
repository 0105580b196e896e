"""Writes docs/detection.md, and network/measured.tsv for the console:
`python bench/detection_page.py VARIANTS.json BENIGN.json ROC.json --unseen UNSEEN.json`, which
`bench/detection.py --json` (the first and the last), `bench/benign.py --json` and `bench/roc.py --json` wrote; `--stories`, `--latency`,
`--incremental` and `--pack` name what those of these names wrote."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import cost_page
import roc_page

from asepsis.assessment.service import assess
from asepsis.findings.service import STORY, Kind, findings
from asepsis.kit.site import Site
from asepsis.network.alert import opens
from asepsis.network.service import library

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "roc.svg"
PAGE, LABELS, WORDS = ROOT / "docs" / "detection.md", Path(__file__).with_name("labels.tsv"), Path(__file__).with_name("detection.md")
MEASURED = ROOT / "src" / "asepsis" / "network" / "measured.tsv"
FIRST = 4
"""Rules that are named of those that caught a variant."""
COSTS = ("stories", "latency", "incremental", "pack")
POSTURE = ("clear-service:hl7", "clear-service:fhir", "clear-service:astm")
"""Not attacks: what goes in clear is a posture finding, and no alert is wanted."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *rows))


def variants(told: dict[str, Any]) -> str:
    """A row of the table of attacks a line: how many variants are caught, by what, after how long."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for one in told["variants"]:
        if one["name"] not in POSTURE:
            rows.setdefault(one["name"].partition(":")[0], []).append(one)
    lines = []
    for name, of in rows.items():
        for one in of:
            alerts = _alerts(one)
            by = ", ".join(f"`{rule}` {after}" for rule, after in alerts[:FIRST])
            more = f" and {len(alerts) - FIRST} more" if len(alerts) > FIRST else ""
            signs = f"signs: {', '.join(sorted(one['signs']))}" if one["signs"] else ""
            lines.append((name, one["name"].partition(":")[2], "yes" if alerts else "**no**", f"{by}{more}" or signs or "nothing"))
    return table(("scenario", "variant", "caught", "by, and how long after the first packet"), lines)


def _alerts(one: dict[str, Any]) -> list[tuple[str, str]]:
    """Which rules caught a variant, in order, and how long after its first packet."""
    begin = datetime.fromisoformat(one["begin"])
    alerts = sorted((datetime.fromisoformat(when), rule) for rule, when in one["alerts"].items())
    return [(rule, _after((when - begin).total_seconds())) for when, rule in alerts]


def measured(told: dict[str, Any], day: date) -> str:
    """The same for the console, which reads no documentation."""
    lines = [line for line in MEASURED.read_text("utf-8").splitlines() if line.startswith("#")]
    for one in told["variants"]:
        if one["name"] not in POSTURE:
            scenario, _, variant = one["name"].partition(":")
            by = "; ".join(f"{rule} {after}" for rule, after in _alerts(one)[:FIRST])
            lines.append("\t".join((scenario, variant, by, day.isoformat())))
    return "\n".join(lines) + "\n"


def _after(seconds: float) -> str:
    if seconds < 60:
        return f"{max(0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


def captures(folder: Path) -> str:
    """What each labelled capture gives, alone, in a site that has learned nothing."""
    rules, lines = library().by_name, []
    for line in LABELS.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        file, label, why = line.split("\t")
        with tempfile.TemporaryDirectory() as site:
            assess(Site.open(Path(site) / "site", create=True), [folder / file])
            found = [f for f in findings(Site.open(Path(site) / "site")) if f.seen.kind is Kind.ALERT and f.seen.check != STORY]
        alerts = sorted(f"`{f.seen.check}` ({f.decision})" for f in found if opens(rules[f.seen.check]))
        lines.append((file.replace("_", "\\_"), label, ", ".join(alerts) or f"none. {why}"))
    return table(("capture", "label", "alerts"), lines)


def false(told: dict[str, Any]) -> str:
    count = Counter(rule for rule, _, _, _ in told["false"])
    return table(("rule", "alerts"), ((f"`{rule}`", str(number)) for rule, number in count.most_common())) if count else "None."


def curves(told: dict[str, Any]) -> dict[str, str]:
    """The tables of ROC curves, by the word that stands for each; and draws them."""
    PICTURE.write_text(roc_page.picture(told), "utf-8")
    found = {"ROC_NEWCOMERS": roc_page.newcomers(told)}
    for detector in told:
        for name, rows in (("AREAS", roc_page.areas), ("POINTS", roc_page.points), ("PARAMETERS", roc_page.parameters)):
            found[f"ROC_{detector.upper()}_{name}"] = rows(detector, told)
    tables = {word: table(rows[0], rows[1:]) for word, rows in found.items()}
    return tables | {"ROC_DAYS": str(len(told["beaconing"]["days"]))}


def unseen(told: dict[str, Any]) -> str:
    """How many variants are caught of seeds that tuned nothing, and which are not."""
    attacks = [one for one in told["variants"] if one["name"] not in POSTURE]
    missed = [one["name"] for one in attacks if not one["alerts"]]
    slow = [one for one in attacks if "slow" in one["name"]]
    caught = sum(bool(one["alerts"]) for one in slow)
    said = f"{len(attacks) - len(missed)} of {len(attacks)} are caught, of the {len(slow)} slow ones {caught}; "
    said += f"not caught: {', '.join(f'`{name}`' for name in missed) or 'none'}. "
    by = Counter(rule for rule, *_ in told["false"])
    return (
        said + f"On its {told['days']} benign days: {', '.join(f'`{rule}` {count}' for rule, count in sorted(by.items())) or 'no alert'}."
    )


def benign(told: dict[str, Any]) -> str:
    """How many alerts days give in which nothing bad happens, and what each says."""
    days, first = told["days"], told["while_it_learned"]
    alerts, immediate = (sum(day[name] for day in days.values()) for name in ("alerts", "immediate"))
    a_day = f"{alerts / len(days):.1f} and {immediate / len(days):.1f} a day; wanted: at most 5 and 1"
    said = [f"* {date}: {title}." for date, day in days.items() for title in day["titles"]]
    by = ", ".join(f"`{rule}` {count}" for rule, count in sorted(first["rules"].items()))
    return "\n".join(
        [
            f"{len(days)} whole days behind those that taught, {told['assets']} assets: {alerts} alerts, {immediate} immediate ({a_day}).",
            "",
            *said,
            "",
            f"While it learned there were {first['alerts']}: {by or 'none'}.",
        ]
    )


def costs(given: argparse.Namespace) -> dict[str, str]:
    """What other benches wrote, by the word that stands for it."""
    told = {name: json.loads(path.read_text("utf-8")) if (path := getattr(given, name)) else None for name in COSTS}
    rows = {"STORIES": told["stories"] and cost_page.stories(told["stories"]), "PACK": told["pack"] and cost_page.pack(told["pack"])}
    words = {word: table(of[0], of[1:]) if of else cost_page.NOT_RUN for word, of in rows.items()}
    said = {
        "LATENCY": ("latency", cost_page.latency),
        "INCREMENTAL": ("incremental", cost_page.incremental),
        "SLOWEST": ("pack", cost_page.slowest),
    }
    return words | {word: of(told[name]) if told[name] else cost_page.NOT_RUN for word, (name, of) in said.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("variants", type=Path)
    parser.add_argument("benign", type=Path)
    parser.add_argument("roc", type=Path)
    parser.add_argument(
        "--unseen", type=Path, required=True, help="what bench/detection.py says of a recording of seeds that tuned nothing"
    )
    for name in COSTS:
        parser.add_argument(f"--{name}", type=Path, help=f"what bench/{name}.py --json says")
    parser.add_argument("--captures", type=Path, default=ROOT.parent / "shared" / "captures")
    given = parser.parse_args()
    told = json.loads(given.variants.read_text("utf-8"))
    attacks = [one for one in told["variants"] if one["name"] not in POSTURE]
    caught = sum(bool(one["alerts"]) for one in attacks)
    slow = [one for one in attacks if "slow" in one["name"]]
    words = {
        "CAUGHT": str(caught),
        "ATTACKS": str(len(attacks)),
        "SLOW_CAUGHT": str(sum(bool(one["alerts"]) for one in slow)),
        "SLOW": str(len(slow)),
        "VARIANTS": variants(told),
        "CAPTURES": captures(given.captures),
        "FALSE": false(told),
        "UNSEEN": unseen(json.loads(given.unseen.read_text("utf-8"))),
        "BENIGN": benign(json.loads(given.benign.read_text("utf-8"))),
        "DAYS": str(told["days"]),
        "RULES": str(len(library().entries)),
        **costs(given),
        **curves(json.loads(given.roc.read_text("utf-8"))),
    }
    text = WORDS.read_text("utf-8")
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    PAGE.write_text(text, "utf-8")
    MEASURED.write_text(measured(told, date.today()), "utf-8")


if __name__ == "__main__":
    main()
