"""What is told of stories and of costs on docs/detection.md, from what the benches wrote with `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NOT_RUN = "(not measured in this run)"
STORY_NAMES = {"story-ransomware": "1 ransomware", "story-vendor": "2 vendor", "story-forged": "3 forged", "story-insider": "4 insider"}
Row = tuple[str, ...]


def stories(told: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows of the table of stories: those of `bench/stories.py`."""
    rows: list[Row] = [("story", "told as", "its conversations between the story's hosts", "others' conversations in its steps")]
    for attack in told:
        for one in attack["told"] or [{"inside": 0, "all": 0, "foreign": 0, "met": 0}]:
            count = len(attack["told"])
            part = f" ({one['inside'] / one['all']:.1%})" if one["all"] else ""
            name = STORY_NAMES[attack["name"].partition(":")[0]]
            rows.append((name, str(count), f"{one['inside']} of {one['all']}{part}", f"{one['foreign']} of {one['met']}"))
    return rows


def latency(told: Mapping[str, Any]) -> str:
    """What `bench/latency.py` measured, in a sentence."""
    return (
        f"{told['intruders']} intruders: half within {told['median_s']} s, 95 % within {told['p95_s']} s, the last after "
        f"{told['longest_s']} s (wanted: 95 % within 15 s)."
    )


def incremental(told: Mapping[str, Any]) -> str:
    """What `bench/incremental.py` measured, in a sentence."""
    return (
        f"{told['rows']:,} rows, {told['rules']} rules and detectors: {told['once']:.1f} processor seconds in one look, "
        f"{told['six']:.1f} in six looks of ten seconds (wanted: 1.5)."
    )


def pack(told: Mapping[str, Any]) -> list[Row]:
    """The rows of the table of all rules and of lists, as `bench/pack.py` measured them."""
    rows: list[Row] = [("what", "processor seconds", "beside the bare one", "memory", "found")]
    for name, one in told["figures"].items():
        found = one.get("found", "")
        count = f"{sum(found.values()):,} sightings" if isinstance(found, dict) else f"{found:,} rows" if found != "" else ""
        rows.append((name, f"{one['seconds']:.1f}", f"{one['ratio']:.2f} x", f"{one['MiB'] / 1024:.1f} GiB", count))
    return rows


def slowest(told: Mapping[str, Any], most: int = 4) -> str:
    """The rules that took longest."""
    took = told["figures"]["all rules"]["rules"]
    return ", ".join(f"`{rule}` {took[rule]:.0f} s" for rule in sorted(took, key=lambda rule: -took[rule])[:most])
