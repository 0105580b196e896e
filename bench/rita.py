"""What RITA (Active Countermeasures, github.com/activecm/rita, version 5) publishes beside its beacon score: thresholds and threat scores.

The beacon score itself is `asepsis.network.detectors.regular.rita`.
"""

from __future__ import annotations

from itertools import pairwise

from asepsis.network.detectors.regular import RITA_SCORES

CATEGORIES = {"none": 0.2, "low": 0.4, "medium": 0.6, "high": 0.8}
"""Its severities and the threat scores where each ends; above is critical (config/config.go)."""
LONG = {"base": 3_600, "low": 4 * 3_600, "medium": 8 * 3_600, "high": 12 * 3_600}
"""Seconds that all connections of one machine with one place last together (config/config.go, LongConnectionScoreThresholds)."""
RARE, COMMON, MODIFIER = 0.02, 0.5, 0.15
"""Of a place that few machines call the threat is greater, of one that half of them call smaller (config/config.go, Modifiers)."""


def threat(beacon: float, prevalence: float) -> float:
    """The threat score of a beacon score: interpolated between the severities (analysis/analysis.go, calculateBucketedScore), and changed
    by the prevalence of the place (0-1 of the machines). That it is new adds 0.15 in its first seven days, which would be to all here."""
    if beacon < RITA_SCORES["base"]:
        return 0.0
    steps = zip(RITA_SCORES.values(), CATEGORIES.values(), strict=True)
    (low, least), (high, most) = next((a, b) for a, b in pairwise(steps) if beacon <= b[0])
    modifier = MODIFIER if prevalence <= RARE else -MODIFIER if prevalence >= COMMON else 0.0
    return least + (beacon - low) / (high - low) * (most - least) + modifier
